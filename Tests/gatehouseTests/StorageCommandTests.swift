// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Testing

@testable import gatehouse

/// Answers as a daemon with one pool, one volume and two templates of one name does.
private let storage: Responder.Answer = { request in
    let pool: JSONValue = [
        "id": 3, "name": "images", "node": "one", "mechanism": "file", "active": true,
        "capacityBytes": .int(10 << 30), "availableBytes": .int(5 << 30), "path": "/images",
    ]
    let volume: JSONValue = ["id": 9, "name": "a.qcow2", "format": "qcow2", "capacityBytes": .int(1 << 30)]
    let templates: [JSONValue] = [
        ["id": 1, "name": "base", "node": "one"], ["id": 2, "name": "base", "node": "two"],
    ]
    return switch request.method {
    case "node.list":
        .result(["nodes": [["name": "one", "kind": "libvirt", "state": "online"], ["name": "s", "kind": "static"]]])
    case "pool.list": .result(["pools": [pool]])
    case "pool.show": .result(["pool": pool])
    case "volume.list": .result(["volumes": [volume]])
    case "template.list": .result(["templates": .array(templates)])
    case "machine.create": .result(["machine": ["name": "m", "node": "one", "id": "u"]])
    case "machine.delete":
        .result(["deletedVolumes": [["pool": "images", "name": "m-vda.qcow2"]], "keptVolumes": []])
    default: .result(["volume": volume])
    }
}

@Suite struct StorageCommandTests {
    @Test func `pools of every node are listed, and are named or numbered`() async throws {
        try await Script(storage).run { daemon in
            #expect(
                await daemon.run("pool", "list").out == """
                    ID  NAME    NODE  KIND  ACTIVE    SIZE   FREE  PATH
                     3  images  one   file  yes     10 GiB  5 GiB  /images

                    """)
            #expect(await daemon.run("pool", "show", "images").status == .ok)
            #expect(await daemon.run("volume", "list", "images@one").out.contains("a.qcow2"))
            #expect(await daemon.run("volume", "list", "3").status == .ok)
            #expect(daemon.requests.last == .init(method: "volume.list", parameters: ["pool": 3]))
            #expect(await daemon.run("pool", "show", "none").status == .notFound)
        }
    }

    @Test func `a volume's size is written with a letter`() async throws {
        try await Script(storage).run { daemon in
            let outcome = await daemon.run("volume", "create", "3", "b.img", "--size", "2G", "--format", "raw")
            #expect(outcome.status == .ok)
            #expect(
                daemon.requests.last?.parameters
                    == ["pool": 3, "name": "b.img", "capacityBytes": .int(2 << 30), "format": "raw"])
            _ = await daemon.run("volume", "clone", "9", "c.qcow2", "--linked")
            #expect(daemon.requests.last?.parameters == ["volume": 9, "name": "c.qcow2", "linked": true])
        }
    }

    @Test func `machines are made after templates, and deleted with their volumes`() async throws {
        try await Script(storage).run { daemon in
            #expect(await daemon.run("machine", "create", "--template", "base", "m").status == .usage)
            let made = await daemon.run("machine", "create", "--template", "base@two", "m", "--linked")
            #expect(made.out == "m is made on one: u\n")
            #expect(daemon.requests.last?.parameters == ["template": 2, "name": "m", "linked": true])
            let uuid = "11111111-1111-1111-1111-111111111111"
            let gone = await daemon.run("machine", "delete", uuid, "--volumes")
            #expect(gone.out == "\(uuid) is deleted.\nVolume m-vda.qcow2 of images is deleted.\n")
        }
    }

    @Test func `disks of machines are attached and detached`() async throws {
        let machine = "11111111-1111-1111-1111-111111111111"
        try await Script { request in
            .result([
                "machine": ["name": "web"], "target": "vdb",
                "pending": .bool(request.parameters["target"] == "vda" || request.parameters["path"] != nil),
            ])
        }.run { daemon in
            let attached = await daemon.run("machine", "attach-disk", machine, "9", "--bus", "sata", "--read-only")
            #expect(attached.out == "web has disk vdb.\n")
            #expect(
                daemon.requests.last?.parameters
                    == ["machine": .string(machine), "volume": 9, "bus": "sata", "readOnly": true])
            let waiting = await daemon.run("machine", "attach-disk", machine, "--path", "/x", "--format", "raw")
            #expect(waiting.out == "web has disk vdb from its next start on.\n")
            #expect(
                daemon.requests.last?.parameters == ["machine": .string(machine), "path": "/x", "format": "raw"])
            #expect(
                await daemon.run("machine", "detach-disk", machine, "vdb").out == "web has disk vdb no longer.\n")
            #expect(await daemon.run("machine", "detach-disk", machine, "vda").out.contains("when its guest lets go"))
        }
    }

    @Test(arguments: [("1", 1), ("512m", 512 << 20), ("1T", 1 << 40), ("64K", 64 << 10)])
    func `a size`(text: String, bytes: Int64) { #expect(ByteSize(argument: text)?.bytes == bytes) }

    @Test(arguments: ["", "G", "1.5G", "-1G", "1GB", "9999999999999T", "ä"])
    func `what is no size`(text: String) { #expect(ByteSize(argument: text) == nil) }
}
