// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct MachineDiskMethodTests {
    private static let web = JSONValue.string(StorageFixture.web.uuidString.lowercased())
    private static let two = UUID()

    /// Runs a test with a second machine on the node.
    private static func run(
        _ state: MachineState = .off, _ body: @Sendable (StorageFixture) async throws -> Void
    ) async throws {
        try await StorageFixture.run { fixture in
            fixture.node.put(StorageFixture.machine(state))
            fixture.node.put(.fake("two", .off, uuid: two))
            try await eventually("both are there") {
                let machines = await fixture.test.core.inventory.allMachines()
                return machines.contains { $0.snapshot.name == "two" }
                    && machines.contains { $0.snapshot.name == "web" && $0.snapshot.state == state }
            }
            try await body(fixture)
        }
    }

    private static func attach(
        _ volume: JSONValue, _ more: [String: JSONValue] = [:], to machine: JSONValue = web
    ) -> [String: JSONValue] { more.merging(["machine": machine, "volume": volume]) { $1 } }

    private static func targets(_ answer: JSONValue) -> [String] {
        answer["machine"]?["disks"]?.arrayValue?.compactMap { $0["target"]?.stringValue } ?? []
    }

    @Test(arguments: [MachineState.off, .running])
    func `a volume becomes a disk and is given back as it was`(state: MachineState) async throws {
        try await Self.run(state) { fixture in
            let volume = try await fixture.volumeID("free.img")
            let attached = try await fixture.call("machine.attachDisk", Self.attach(volume))
            #expect(attached["target"] == "vdb" && attached["pending"] == false)
            #expect(Self.targets(attached) == ["vda", "sda", "vdb"])
            let disk = attached["machine"]?["disks"]?.arrayValue?.last
            #expect(disk?["source"] == "/images/free.img" && disk?["format"] == "raw" && disk?["bus"] == "virtio")
            #expect(try await fixture.volume("free.img")["machines"] == [Self.web])
            #expect(await fixture.failure("volume.delete", ["volume": volume])?.code == .conflict)
            let again = await fixture.failure("machine.attachDisk", Self.attach(volume))
            #expect(again?.code == .conflict && again?.message.contains("vdb") == true)
            let gone = try await fixture.call("machine.detachDisk", ["machine": Self.web, "target": "vdb"])
            #expect(gone["pending"] == false && Self.targets(gone) == ["vda", "sda"])
            #expect(try await fixture.volume("free.img")["inUse"] == false)
            let none = await fixture.failure("machine.detachDisk", ["machine": Self.web, "target": "vdb"])
            #expect(none?.code == .notFound && none?.details["parameter"] == "target")
        }
    }

    @Test func `a machine with a saved image keeps the disks that it has`() async throws {
        try await Self.run(.saved) { fixture in
            let refused = await fixture.failure(
                "machine.attachDisk", Self.attach(try await fixture.volumeID("free.img")))
            #expect(refused?.code == .conflict && refused?.message.contains("saved image") == true)
            let kept = await fixture.failure("machine.detachDisk", ["machine": Self.web, "target": "vda"])
            #expect(kept?.code == .conflict && kept?.message.contains("saved image") == true)
            #expect(try await fixture.volume("web.qcow2")["machines"] == [Self.web])
        }
    }

    @Test func `what waits for the next start is told, and a disk may take its place`() async throws {
        try await Self.run(.running) { fixture in
            let volume = try await fixture.volumeID("free.img")
            fixture.node.setDiskOutcome(.pending)
            let gone = try await fixture.call("machine.detachDisk", ["machine": Self.web, "target": "vda"])
            #expect(gone["pending"] == true && Self.targets(gone) == ["vda", "sda"])
            fixture.node.setDiskOutcome(.done)
            let attached = try await fixture.call(
                "machine.attachDisk", Self.attach(volume, ["target": "vda", "readOnly": true]))
            #expect(attached["pending"] == true && attached["target"] == "vda")
            let own = try await fixture.call(
                "machine.attachDisk", Self.attach(try await fixture.volumeID("web.qcow2")))
            #expect(own["pending"] == true && own["target"] == "vdb", "what runs still has it")
            try await fixture.call("machine.powerOff", ["machine": Self.web])
            let shown = try await fixture.call("machine.show", ["machine": Self.web])
            #expect(Self.targets(shown) == ["sda", "vda", "vdb"])
            #expect(shown["machine"]?["disks"]?.arrayValue?[1]["readOnly"] == true)
        }
    }

    @Test func `what another machine has is refused, unless both read it or both share it`() async throws {
        try await Self.run { fixture in
            let two = JSONValue.string(Self.two.uuidString.lowercased())
            let disk = try await fixture.volumeID("web.qcow2")
            for more: [String: JSONValue] in [[:], ["readOnly": true], ["target": "sdz"]] {
                let refused = await fixture.failure("machine.attachDisk", Self.attach(disk, more, to: two))
                #expect(refused?.code == .conflict && refused?.message.contains("555555555501") == true, "\(more)")
            }
            let qcow2 = await fixture.failure("machine.attachDisk", Self.attach(disk, ["shareable": true], to: two))
            #expect(qcow2?.code == .invalidParameters && qcow2?.details["parameter"] == "shareable")
            // A CD is only read.
            let cd = try await fixture.volumeID("dvd.iso")
            #expect(await fixture.failure("machine.attachDisk", Self.attach(cd, to: two))?.code == .conflict)
            try await fixture.call("machine.attachDisk", Self.attach(cd, ["readOnly": true], to: two))
            let raw = try await fixture.volumeID("free.img")
            try await fixture.call("machine.attachDisk", Self.attach(raw, ["shareable": true]))
            #expect(await fixture.failure("machine.attachDisk", Self.attach(raw, to: two))?.code == .conflict)
            try await fixture.call("machine.attachDisk", Self.attach(raw, ["shareable": true], to: two))
            #expect(try await fixture.volume("free.img")["shared"] == "rw")
        }
    }

    @Test func `templates and what others stand on are kept from harm`() async throws {
        try await Self.run { fixture in
            let raw = try await fixture.volumeID("free.img")
            try await fixture.call("volume.clone", ["volume": raw, "name": "child.qcow2", "linked": true])
            #expect(await fixture.failure("machine.attachDisk", Self.attach(raw))?.code == .conflict)
            try await fixture.call("machine.attachDisk", Self.attach(raw, ["readOnly": true]))
            try await fixture.call("machine.detachDisk", ["machine": Self.web, "target": "vdb"])
            _ = try await fixture.template()
            let copy = try await fixture.volumeID("base-vda.qcow2")
            let refused = await fixture.failure("machine.attachDisk", Self.attach(copy, ["readOnly": true]))
            #expect(refused?.code == .conflict && refused?.message.contains("template base") == true)
        }
    }

    @Test func `a volume is for admins of its node, a path for superusers`() async throws {
        try await Self.run { fixture in
            let volume = try await fixture.volumeID("free.img")
            let machine = try await fixture.test.machine("web").id
            let own = try await fixture.test.someone("own")
            try await fixture.test.grant(.owner, on: machine, to: own)
            let admin = try await fixture.user("admin", .admin)
            let path: [String: JSONValue] = ["machine": Self.web, "path": "/srv/x.img"]
            #expect(await fixture.failure("machine.attachDisk", Self.attach(volume), as: own)?.code == .forbidden)
            #expect(await fixture.failure("machine.attachDisk", path, as: own)?.code == .forbidden)
            #expect(await fixture.failure("machine.attachDisk", path, as: admin)?.code == .forbidden)
            try await fixture.call("machine.attachDisk", Self.attach(volume), as: admin)
            try await fixture.call("machine.detachDisk", ["machine": Self.web, "target": "vdb"], as: own)
            let attached = try await fixture.call("machine.attachDisk", path.merging(["format": "qcow2"]) { $1 })
            #expect(attached["machine"]?["disks"]?.arrayValue?.last?["format"] == "qcow2")
            // A volume is one under its path too.
            let known = ["machine": .string(Self.two.uuidString), "path": "/images/web.qcow2"] as [String: JSONValue]
            #expect(await fixture.failure("machine.attachDisk", known)?.code == .conflict)
            // What a guest wrote into its disk must not lead to the node's files.
            fixture.node.put(
                VolumeSnapshot(
                    name: "evil.img", path: "/images/evil.img", format: "qcow2", capacityBytes: 1, allocatedBytes: 1,
                    backingPath: "/etc/shadow"), in: "images")
            let evil = try await fixture.volumeID("evil.img")
            #expect(await fixture.failure("machine.attachDisk", Self.attach(evil), as: admin)?.code == .forbidden)
        }
    }

    @Test func `wrong words are refused`() async throws {
        try await Self.run { fixture in
            let volume = try await fixture.volumeID("free.img")
            for (wrong, parameter): ([String: JSONValue], String) in [
                ([:], "volume"), (["volume": volume, "path": "/x"], "volume"), (["path": "x"], "path"),
                (["path": "/a/../b"], "path"), (["path": "/a\nb"], "path"),
                (["volume": volume, "format": "raw"], "format"), (["volume": volume, "target": "vd"], "target"),
                (["volume": volume, "target": "vdabc"], "target"), (["volume": volume, "target": "vdA"], "target"),
                (["volume": volume, "target": "vdb", "bus": "sata"], "target"),
                (["volume": volume, "target": "xvda"], "target"),
            ] {
                let error = await fixture.failure(
                    "machine.attachDisk", wrong.merging(["machine": Self.web]) { $1 })
                #expect(error?.code == .invalidParameters && error?.details["parameter"]?.stringValue == parameter)
            }
            let taken = await fixture.failure("machine.attachDisk", Self.attach(volume, ["target": "vda"]))
            #expect(taken?.code == .conflict)
            let named = try await fixture.call("machine.attachDisk", Self.attach(volume, ["bus": "sata"]))
            #expect(named["target"] == "sdb")
            #expect(await fixture.failure("machine.attachDisk", Self.attach(999))?.code == .notFound)
        }
    }

    @Test func `sixty-four disks are the most, and a machine to which something else is done is left alone`()
        async throws
    {
        try await Self.run { fixture in
            for number in 2..<64 {
                let answer = try await fixture.call(
                    "machine.attachDisk", ["machine": Self.web, "path": .string("/srv/\(number)")])
                if number == 63 { #expect(answer["target"] == "vdbk") }
            }
            let more = await fixture.failure("machine.attachDisk", ["machine": Self.web, "path": "/srv/more"])
            #expect(more?.code == .limitExceeded)
            let entry = try await fixture.test.machine("web")
            let job = Job(
                kind: "machine.start", parameters: [:], isRepeatable: false,
                submitter: JobSubmitter(user: nil, name: "bob"), createdAt: fixture.test.core.time.now())
            #expect(await fixture.test.core.inventory.lock(entry.id, for: job))
            for method in ["machine.attachDisk", "machine.detachDisk"] {
                var parameters: [String: JSONValue] = ["machine": Self.web]
                parameters[method == "machine.attachDisk" ? "path" : "target"] = "/srv/vda"
                #expect(await fixture.failure(method, parameters)?.code == .machineLocked)
            }
        }
    }
}
