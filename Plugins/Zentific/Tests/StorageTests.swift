// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct StorageTests {
    private let core = FakeCore()
    private let node = XMLRPCValue.string(NodeUUID.text(7))

    init() {
        core.answer("pool.list") { parameters in
            guard parameters["node"] == "kvm1" else { throw GatehouseError(.notFound, "No.") }
            let all: [JSONValue] = [Self.pool(3, "file"), Self.pool(4, "phys")]
            return ["pools": .array(all.filter { $0["mechanism"] == parameters["mechanism"] })]
        }
        core.answer("pool.show") { parameters in
            guard parameters["pool"] == 3 else { throw GatehouseError(.notFound, "No.") }
            return ["pool": Self.pool(3, "file")]
        }
        core.answer("volume.list") { _ in ["volumes": [Self.volume]] }
        core.answer("volume.show") { parameters in
            guard parameters["volume"] == 9 else { throw GatehouseError(.notFound, "No.") }
            return ["volume": Self.volume]
        }
        core.answer("template.list") { _ in ["templates": [Self.template]] }
    }

    private static func pool(_ id: Int64, _ mechanism: String) -> JSONValue {
        [
            "id": .int(id), "name": "images", "node": "kvm1", "mechanism": .string(mechanism), "hasVolumes": true,
            "allowsNewVolumes": true,
        ]
    }

    private static let volume: JSONValue = [
        "id": 9, "pool": 3, "name": "a.qcow2", "shared": "rw", "inUse": true, "capacityBytes": 1_048_577,
        "kind": "sparse",
    ]

    private static let template: JSONValue = [
        "id": 2, "node": "kvm1", "name": "base", "description": "A base.", "type": "full", "architecture": "x86_64",
        "uuid": .string(FakeCore.two), "osType": "hvm", "vcpus": 2, "memoryKiB": 1024, "maxMemoryKiB": 2048,
        "volumes": [
            [
                "target": "vda", "pool": "images", "name": "base-vda.qcow2", "path": "/i/base-vda.qcow2",
                "format": "qcow2", "capacityBytes": 10_240,
            ]
        ],
        "interfaces": [["type": "bridge", "source": "br0", "model": "virtio"]],
    ]

    @Test func `locations are the pools of a mechanism, with their fields`() async throws {
        let found = try #require(try await core.value("Storage.getLocations", node, "file").arrayValue)
        #expect(
            found == [.members(["id": 3, "title": "images", "hasObjects": true, "allowNewObjects": true])])
        #expect(try await core.value("Storage.getLocation", 3) == found[0])
        #expect(try await core.value("Storage.getLocations", node, "lvm") == .array([]))
    }

    @Test func `a physical device is a location without objects`() async throws {
        let found = try await core.value("Storage.getLocations", node, "phys").arrayValue
        #expect(found == [.members(["id": 4, "title": "images", "hasObjects": false, "allowNewObjects": false])])
        #expect(try await core.value("Storage.getObjects", node, "phys", 4) == .array([]))
        #expect(!core.methods.contains("volume.list"))
    }

    @Test func `objects are volumes, with their fields and their size in MB`() async throws {
        let object = XMLRPCValue.members([
            "id": 9, "location": 3, "name": "a.qcow2", "shared": "rw", "in_use": true, "size": 2, "other": "sparse",
        ])
        #expect(try await core.value("Storage.getObjects", node, "file", 3) == .array([object]))
        #expect(core.asked.last?.parameters == ["pool": 3])
        #expect(try await core.value("Storage.getObject", 9) == object)
    }

    @Test func `what names nothing is named, and looks like what is not the caller's`() async throws {
        let other = XMLRPCValue.string(NodeUUID.text(8))
        let wrong: [(String, [XMLRPCValue], String)] = [
            ("Storage.getLocations", [other, "file"], "uuid"), ("Storage.getLocations", ["x", "file"], "uuid"),
            ("Storage.getObjects", [other, "file", 3], "uuid"), ("Storage.getObjects", [node, "file", 4], "location"),
            ("Storage.getObjects", [node, "file", "x"], "location"), ("Storage.getLocation", [5], "id"),
            ("Storage.getLocation", [-1], "id"), ("Storage.getObject", [3], "id"), ("Storage.getObject", ["x"], "id"),
            ("VM.getTemplate", ["none"], "name"),
        ]
        for (method, parameters, name) in wrong {
            guard case .fault(let fault) = try await core.call(method, parameters, session: FakeCore.admin).response
            else {
                Issue.record("\(method) \(parameters) is no fault")
                continue
            }
            #expect(fault.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='\(name)'>"), "\(method)")
        }
        for (method, parameters) in [
            ("Storage.getLocations", [other, "file"]), ("Storage.getObjects", [node, "file", 4]),
            ("Storage.getLocation", [5]), ("Storage.getObject", [3]), ("VM.getTemplate", ["none"]),
        ] as [(String, [XMLRPCValue])] {
            guard case .fault(let fault) = try await core.call(method, parameters, session: FakeCore.reader).response
            else { continue }
            #expect(fault.code == 1, "\(method)")
        }
    }

    @Test func `a missing right is fault 1, and a missing session fault 2`() async throws {
        for method in ["pool.list", "pool.show", "volume.show", "template.list"] {
            core.answer(method) { _ in throw GatehouseError(.forbidden, "You have no rights on the node.") }
        }
        let calls: [(String, [XMLRPCValue])] = [
            ("Storage.getLocations", [node, "file"]), ("Storage.getObjects", [node, "file", 3]),
            ("Storage.getLocation", [3]), ("Storage.getObject", [9]), ("VM.getTemplates", []),
            ("VM.getTemplate", ["base"]),
        ]
        for (method, parameters) in calls {
            for (session, code) in [(FakeCore.reader as String?, 1), (nil, 2)] {
                guard case .fault(let fault) = try await core.call(method, parameters, session: session).response
                else {
                    Issue.record("\(method) is no fault")
                    continue
                }
                #expect(fault.code == code, "\(method)")
            }
        }
    }

    @Test func `templates have their fields, and one is shown as a machine that is off`() async throws {
        #expect(
            try await core.value("VM.getTemplates")
                == [
                    .members([
                        "id": 2, "name": "base", "description": "A base.", "type": "full", "platform": 0,
                        "architecture": "64", "uuid": .string(FakeCore.two),
                    ])
                ])
        let machine = try await core.value("VM.getTemplate", "base")
        let ordinary = try await core.value("VM.getVM", .string(FakeCore.one))
        #expect(machine.structValue?.map(\.name) == ordinary.structValue?.map(\.name))
        #expect(machine["name"] == "base" && machine["uuid"] == .string(FakeCore.two) && machine["state"] == "s")
        #expect(machine["puuid"] == node && machine["type"] == "full" && machine["mem"] == 1024)
        #expect(machine["maxmem"] == 2048 && machine["vcpus"] == 2 && machine["numvbds"] == 1)
        let disk = try #require(machine["disks"]?.arrayValue?.first)
        #expect(disk["int_dev"] == "vda" && disk["ext_dev"] == "/i/base-vda.qcow2" && disk["capacity"] == 10_240.0)
        #expect(machine["vifs"]?.arrayValue?.first?["bridge"] == "br0")
    }
}
