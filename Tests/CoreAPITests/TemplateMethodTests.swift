// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct TemplateMethodTests {
    private let web = JSONValue.string(StorageFixture.web.uuidString)

    @Test func `an admin makes neither templates nor machines above what is set`() async throws {
        try await StorageFixture.run { fixture in
            let admin = try await fixture.user("admin", .admin)
            let machine = JSONValue.string(StorageFixture.web.uuidString)
            try await fixture.call("machine.modify", ["machine": machine, "vcpus": 5])
            let template = try await fixture.template()
            func make(as principal: Principal) async -> [GatehouseError.Code?] {
                [
                    await fixture.failure("template.create", ["machine": machine, "name": "t"], as: principal)?.code,
                    await fixture.failure("machine.create", ["template": template, "name": "m"], as: principal)?.code,
                ]
            }
            #expect(await make(as: admin) == [.limitExceeded, .limitExceeded])
            try await fixture.call("setting.set", ["name": "maxVcpus", "value": 5])
            #expect(await make(as: admin) == [nil, nil])
            try await fixture.call("setting.set", ["name": "maxMemoryMiB", "value": 1])
            #expect(await make(as: admin) == [.limitExceeded, .limitExceeded])
        }
    }

    @Test func `a template has full copies of the machine's own disks`() async throws {
        try await StorageFixture.run { fixture in
            let made = try await fixture.call(
                "template.create", ["machine": web, "name": "base", "description": "A base."])["template"]
            #expect(made?["name"] == "base" && made?["description"] == "A base." && made?["node"] == "n1")
            #expect(made?["type"] == "full" && made?["architecture"] == "x86_64" && made?["vcpus"] == 1)
            let volumes = try #require(made?["volumes"]?.arrayValue)
            #expect(volumes.count == 1 && volumes[0]["target"] == "vda" && volumes[0]["name"] == "base-vda.qcow2")
            #expect(fixture.node.volumeNames(in: "images").contains("base-vda.qcow2"))
            let listed = try await fixture.call("template.list")["templates"]?.arrayValue
            #expect(listed?.count == 1 && listed?.first == made)
            #expect(
                try await fixture.call("template.show", ["template": try #require(made?["id"])])["template"] == made)
            #expect(try await fixture.call("template.list", ["node": "n2"])["templates"] == [])
            let volume = try await fixture.volume("base-vda.qcow2")
            #expect(volume["template"] == "base" && volume["inUse"] == true)
            let id = try #require(volume["id"])
            #expect(await fixture.failure("volume.delete", ["volume": id])?.code == .conflict)
            #expect(
                await fixture.failure("template.create", ["machine": web, "name": "BASE"])?.code == .conflict)
            #expect(
                await fixture.failure("template.create", ["machine": web, "name": ".b"])?.code == .invalidParameters)
        }
    }

    @Test(arguments: [MachineState.running, .paused, .saved])
    func `a machine that is not off becomes no template`(state: MachineState) async throws {
        try await StorageFixture.run { fixture in
            fixture.node.put(StorageFixture.machine(state))
            let error = await fixture.failure("template.create", ["machine": web, "name": "base"])
            #expect(error?.code == .conflict)
            #expect(fixture.node.volumeNames(in: "images").count == 3)
        }
    }

    @Test func `a template is made whole or not at all`() async throws {
        try await StorageFixture.run { fixture in
            var machine = StorageFixture.machine()
            machine.disks?.append(MachineDisk(target: "vdb", device: "disk", source: "/images/free.img"))
            fixture.node.put(machine)
            // The second copy meets a volume of its name.
            fixture.node.put(
                VolumeSnapshot(name: "base-vdb.img", path: "/images/base-vdb.img", capacityBytes: 1, allocatedBytes: 1),
                in: "images")
            let before = fixture.node.volumeNames(in: "images")
            #expect(await fixture.failure("template.create", ["machine": web, "name": "base"])?.code == .conflict)
            #expect(fixture.node.volumeNames(in: "images") == before)
            machine.disks?[1].source = "/elsewhere/b.img"
            machine.disks?[1].device = "disk"
            machine.disks?[1].readOnly = false
            fixture.node.put(machine)
            let error = await fixture.failure("template.create", ["machine": web, "name": "other"])
            #expect(error?.code == .conflict && error?.message.contains("/elsewhere/b.img") == true)
            #expect(fixture.node.volumeNames(in: "images") == before)
            #expect(try await fixture.call("template.list")["templates"] == [])
            try await fixture.call("machine.start", ["machine": web])
        }
    }

    @Test(arguments: [false, true])
    func `a machine after a template has everything of its own`(linked: Bool) async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            let made = try await fixture.call(
                "machine.create", ["template": template, "name": "web2", "linked": .bool(linked)])["machine"]
            #expect(made?["name"] == "web2" && made?["state"] == "off" && made?["node"] == "n1")
            let id = try #require(made?["id"])
            #expect(id != web)
            let full = try await fixture.call("machine.show", ["machine": id])["machine"]
            #expect(full?["disks"]?.arrayValue?[0]["source"] == "/images/web2-vda.qcow2")
            #expect(full?["disks"]?.arrayValue?[1]["source"] == "/images/dvd.iso", "a CD is shared")
            let mac = try #require(full?["interfaces"]?.arrayValue?[0]["mac"]?.stringValue)
            #expect(mac.hasPrefix("52:54:00:") && mac.count == 17 && mac != "52:54:00:00:00:01")
            let volume = try await fixture.volume("web2-vda.qcow2")
            #expect((volume["kind"] == "linked") == linked)
            let refused = await fixture.failure("template.delete", ["template": template])
            #expect((refused?.code == .conflict) == linked, "the machine stands on it")
            #expect(
                await fixture.failure("machine.create", ["template": template, "name": "web2"])?.code
                    == (linked ? .conflict : .notFound))
        }
    }

    @Test func `a machine is made whole or not at all, and on its template's node only`() async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            let before = fixture.node.volumeNames(in: "images")
            let order: [String: JSONValue] = ["template": template, "name": "new"]
            let elsewhere = await fixture.failure("machine.create", order.merging(["node": "n2"]) { $1 })
            #expect(elsewhere?.code == .invalidParameters)
            #expect(await fixture.failure("machine.create", ["template": template, "name": "web"])?.code == .conflict)
            #expect(
                await fixture.failure("machine.create", ["template": template, "name": "a b"])?.code
                    == .invalidParameters)
            // The machine's definition is refused after its disks were made.
            fixture.node.refuseDefinitions(GatehouseError(.hypervisorFailed, "No."))
            #expect(await fixture.failure("machine.create", order)?.code == .hypervisorFailed)
            #expect(fixture.node.volumeNames(in: "images") == before)
            fixture.node.refuseDefinitions(nil)
            try await fixture.call("machine.create", order.merging(["node": "n1"]) { $1 })
        }
    }

    @Test func `a machine is deleted when it is off, with those of its volumes that nothing else uses`() async throws {
        try await StorageFixture.run { fixture in
            fixture.node.put(StorageFixture.machine(.running))
            try await eventually("it runs") { try await fixture.test.machine("web").snapshot.state == .running }
            #expect(await fixture.failure("machine.delete", ["machine": web])?.code == .conflict)
            fixture.node.put(StorageFixture.machine())
            let template = try await fixture.template()
            let made = try await fixture.call("machine.create", ["template": template, "name": "new"])["machine"]
            let gone = try await fixture.call(
                "machine.delete", ["machine": try #require(made?["id"]), "volumes": true])
            #expect(gone["deletedVolumes"] == [["pool": "images", "name": "new-vda.qcow2"]])
            #expect(gone["keptVolumes"] == [], "a CD is not its own")
            let kept = try await fixture.call("machine.delete", ["machine": web])
            #expect(kept["deletedVolumes"] == [] && fixture.node.volumeNames(in: "images").contains("web.qcow2"))
            #expect(await fixture.failure("machine.show", ["machine": web])?.code == .notFound)
            try await fixture.call("template.delete", ["template": template])
            #expect(fixture.node.volumeNames(in: "images") == ["dvd.iso", "free.img", "web.qcow2"])
        }
    }

    @Test func `a volume that another machine has is kept when its machine is deleted`() async throws {
        try await StorageFixture.run { fixture in
            var twin = MachineSnapshot.fake("twin", .off)
            twin.disks = StorageFixture.machine().disks
            fixture.node.put(twin)
            let gone = try await fixture.call("machine.delete", ["machine": web, "volumes": true])
            #expect(gone["keptVolumes"] == [["pool": "images", "name": "web.qcow2"]])
            #expect(fixture.node.volumeNames(in: "images").contains("web.qcow2"))
        }
    }

    @Test func `only an owner deletes a machine, and only who operates the node makes things`() async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            let (viewer, admin) = (
                try await fixture.user("viewer", .readOnlyAdmin), try await fixture.user("admin", .admin)
            )
            let owner = try await fixture.test.someone("owner")
            try await fixture.test.grant(.owner, on: try await fixture.test.machine("web").id, to: owner)
            let stranger = try await fixture.test.someone("stranger")
            for principal in [viewer, admin] {
                #expect(await fixture.failure("machine.delete", ["machine": web], as: principal)?.code == .forbidden)
            }
            let making: [(String, [String: JSONValue])] = [
                ("machine.create", ["template": template, "name": "a"]), ("template.delete", ["template": template]),
            ]
            for (method, parameters) in making {
                #expect(await fixture.failure(method, parameters, as: viewer)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: owner)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: stranger)?.code == .notFound, "\(method)")
            }
            let order: [String: JSONValue] = ["machine": web, "name": "mine"]
            #expect(await fixture.failure("template.create", order, as: owner)?.code == .forbidden)
            #expect(try await fixture.call("template.list", as: owner)["templates"]?.arrayValue?.count == 1)
            #expect(try await fixture.call("template.list", as: stranger)["templates"] == [])
            #expect(await fixture.failure("template.show", ["template": template], as: stranger)?.code == .notFound)
            let made = try await fixture.call("machine.create", ["template": template, "name": "a"], as: admin)
            #expect(made["machine"]?["level"] == "admin")
            try await fixture.call("machine.delete", ["machine": web], as: owner)
        }
    }

    @Test func `machines and templates can be made by jobs`() async throws {
        try await StorageFixture.run { fixture in
            let template = try await fixture.template()
            for (kind, parameters) in [
                ("machine.create", ["template": template, "name": "later"]),
                ("template.create", ["machine": web, "name": "later"]), ("machine.delete", ["machine": web]),
                ("volume.clone", ["volume": try await fixture.volumeID("free.img"), "name": "later"]),
            ] as [(String, [String: JSONValue])] {
                let job = try await fixture.call(
                    "job.submit", ["kind": .string(kind), "parameters": .object(parameters)])["job"]
                #expect(job?["kind"]?.stringValue == kind)
            }
        }
    }
}
