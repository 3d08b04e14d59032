// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import TestSupport
import Testing

/// Storage and templates of a node of libvirt's test driver, through a real daemon.
@Suite struct StorageEndTests {
    private static let web = "00000000-0000-4000-8000-0000000000aa"

    /// A node whose machine has its disk in a pool.
    private static let node = """
        <node>
          <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
            <name>web</name><uuid>\(web)</uuid><memory>1048576</memory><vcpu>2</vcpu>
            <os><type arch='x86_64'>hvm</type></os>
            <devices>
              <disk type='file' device='disk'><source file='/images/web.qcow2'/><target dev='vda' bus='virtio'/></disk>
              <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>
            </devices>
            <test:runstate>5</test:runstate>
          </domain>
          <pool type='dir'><name>images</name><target><path>/images</path></target>
            <volume type='file'><name>web.qcow2</name><capacity>1048576</capacity><allocation>4096</allocation>
              <target><path>/images/web.qcow2</path><format type='qcow2'/></target></volume>
          </pool>
        </node>
        """

    private func settings(_ scratch: ScratchDirectory) throws -> GatewaySettings {
        let file = scratch.file("node.xml")
        try Self.node.write(toFile: file, atomically: false, encoding: .utf8)
        var settings = GatewaySettings()
        settings.nodes = [["name": "disks", "uri": .string("test://\(file)")]]
        settings.staged = ["Plugins/Zentific", "Plugins/Scheduler"]
        settings.plugins = [
            ["name": "zentific", "permissions": "asked"], ["name": "scheduler", "permissions": "asked"],
        ]
        return settings
    }

    @Test func `a machine is made after a template, by a job and over Zentific's interface seen`() async throws {
        let scratch = try ScratchDirectory()
        try await withGateway(try settings(scratch)) { gateway in
            for plugin in ["zentific", "scheduler"] { try await gateway.waitFor(plugin, "healthy") }
            let admin = try await gateway.admin()
            try await eventually("the machine is there") {
                try await admin.call("machine.list", ["search": "web"])["machines"]?.arrayValue?.isEmpty == false
            }
            let template = try await admin.call(
                "template.create", ["machine": .string(Self.web), "name": "base", "description": "A base."])["template"]
            let number = try #require(template?["id"])
            #expect(template?["volumes"]?.arrayValue?.first?["name"] == "base-vda.qcow2")
            let job = try await admin.call(
                "job.submit",
                [
                    "kind": "machine.create",
                    "parameters": ["template": number, "name": "web2", "linked": true],
                ])["job"]
            let id = try #require(job?["id"])
            try await eventually("the job is done") {
                let status = try await admin.call("job.get", ["job": id])["job"]?["status"]?.stringValue
                return status == "completed"
            }
            let made = try await admin.call("machine.list", ["search": "web2"])["machines"]?.arrayValue?.first
            let address = try #require(made?["id"])
            let full = try await admin.call("machine.show", ["machine": address])["machine"]
            #expect(full?["disks"]?.arrayValue?.first?["source"] == "/images/web2-vda.qcow2")
            #expect(full?["interfaces"]?.arrayValue?.first?["mac"] != "52:54:00:00:00:01")
            try await zentificSees(gateway, admin)
            let gone = try await admin.call("machine.delete", ["machine": address, "volumes": true])
            #expect(gone["deletedVolumes"] == [["pool": "images", "name": "web2-vda.qcow2"]])
            _ = try await admin.call("template.delete", ["template": number])
        }
    }

    private func zentificSees(_ gateway: Gateway, _ admin: APIClient) async throws {
        let node = try await admin.call("node.list")["nodes"]?.arrayValue?.first { $0["name"] == "disks" }
        let digits = String(try #require(node?["id"]?.intValue), radix: 16)
        let uuid = "00000000-0000-8000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
        let pool = try await admin.call("pool.list", ["node": "disks"])["pools"]?.arrayValue?.first?["id"] ?? .null
        let (results, _) = try await gateway.zentific(
            [
                ["User.login", "admin", .string(Gateway.password)], ["Storage.getLocations", .string(uuid), "file"],
                ["Storage.getObjects", .string(uuid), "file", pool], ["Storage.getLocation", pool],
                ["Storage.getLocation", 999], ["VM.getTemplates"], ["VM.getTemplate", "base"],
                ["VM.getTemplate", "none"], ["Storage.getObject", 999],
            ])
        try #require(results.count == 9)
        #expect(results[0] == true)
        let location: JSONValue = ["id": pool, "title": "images", "hasObjects": true, "allowNewObjects": true]
        #expect(results[1] == [location] && results[3] == location)
        let objects = results[2].arrayValue ?? []
        #expect(objects.compactMap { $0["name"]?.stringValue } == ["base-vda.qcow2", "web.qcow2", "web2-vda.qcow2"])
        #expect(objects.allSatisfy { $0["in_use"] == true && $0["location"] == pool && $0["size"] == 1 })
        #expect(results[4]["fault"] == 6 && results[7]["fault"] == 6 && results[8]["fault"] == 6)
        #expect(results[5].arrayValue?.first?["architecture"] == "64")
        #expect(results[6]["name"] == "base" && results[6]["vcpus"] == 2 && results[6]["puuid"]?.stringValue == uuid)
        #expect(results[6]["disks"]?.arrayValue?.first?["ext_dev"] == "/images/base-vda.qcow2")
        _ = try await admin.call(
            "user.create", ["name": "other", "password": .string(Gateway.password)])
        let (refused, _) = try await gateway.zentific(
            [
                ["User.login", "other", .string(Gateway.password)], ["Storage.getLocations", .string(uuid), "file"],
                ["Storage.getLocation", pool], ["Storage.getObject", 1], ["VM.getTemplates"],
                ["VM.getTemplate", "base"],
            ])
        #expect(refused[0] == true && refused[4] == [])
        for place in [1, 2, 3, 5] { #expect(refused[place]["fault"] == 1, "\(place)") }
    }

    @Test func `a script that changes disks hears what its node can not do, and what was done before`() async throws {
        let scratch = try ScratchDirectory()
        try await withGateway(try settings(scratch)) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let admin = try await gateway.admin()
            try await eventually("the machine is there") {
                try await admin.call("machine.list", ["search": "web"])["machines"]?.arrayValue?.isEmpty == false
            }
            let pool = try await admin.call("pool.list", ["node": "disks"])["pools"]?.arrayValue?.first?["id"] ?? .null
            let volume = try await admin.call(
                "volume.create", ["pool": pool, "name": "more.qcow2", "capacityBytes": 1_048_576])["volume"]
            #expect(volume?["path"] == "/images/more.qcow2")
            _ = try await admin.call("user.create", ["name": "owner", "password": .string(Gateway.password)])
            _ = try await admin.call(
                "privilege.grant", ["user": "owner", "machine": .string(Self.web), "level": "owner"])
            let own: JSONValue = ["int_dev": "vda", "ext_dev": "/images/web.qcow2", "mode": "w"]
            func save(_ more: JSONValue, _ others: [String: JSONValue] = [:]) -> JSONValue {
                let vm = others.merging(["uuid": .string(Self.web), "disks": [own, more]]) { $1 }
                return ["VM.saveConfig", .object(vm)]
            }
            let new: JSONValue = ["ext_dev": "/images/more.qcow2"]
            let (results, _) = try await gateway.zentific([
                ["User.login", "admin", .string(Gateway.password)], ["VM.getVM", .string(Self.web)],
                save(["ext_dev": "/images/more.qcow2", "mode": "x"], ["vcpus": 1]),
                ["VM.getVCPUs", .string(Self.web)],
                // libvirt's test driver takes no disks.
                save(new, ["vcpus": 1]), ["VM.getVCPUs", .string(Self.web)],
                ["VM.getNumDisks", .string(Self.web)],
                ["User.login", "owner", .string(Gateway.password)], save(new), save(["ext_dev": "/etc/shadow"]),
            ])
            try #require(results.count == 10)
            #expect(results[1]["numvbds"] == 1 && results[2] == ["fault": 6] && results[3] == 2)
            #expect(results[4] == ["fault": 97] && results[5] == 1 && results[6] == 1)
            #expect(results[7] == true && results[8] == ["fault": 1] && results[9] == ["fault": 1])
            let (whole, _) = try await gateway.zentific([
                ["User.login", "admin", .string(Gateway.password)],
                ["VM.saveConfig", ["uuid": .string(Self.web), "disks": [own]]],
            ])
            #expect(whole == [true, true])
        }
    }
}
