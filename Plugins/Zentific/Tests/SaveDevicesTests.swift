// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization
import Testing
import XMLRPC

@testable import ZentificPlugin

/// What `VM.saveConfig` does with disks and interfaces.
@Suite struct SaveDevicesTests {
    private let core = FakeCore()
    private static let cd: XMLRPCValue = .members(["int_dev": "sda", "ext_dev": "", "mode": "r"])

    init() {
        core.answer("pool.list") { _ in ["pools": [["id": 3, "name": "images", "active": true, "hasVolumes": true]]] }
        core.answer("volume.list") { _ in
            [
                "volumes": [
                    ["id": 8, "name": "a.qcow2", "path": "/srv/a.qcow2", "machines": [.string(FakeCore.one)]],
                    ["id": 9, "name": "b.qcow2", "path": "/srv/b.qcow2", "machines": []],
                    ["id": 10, "name": "c.img", "path": "/srv/c.img", "machines": [.string(FakeCore.two)]],
                    ["id": 11, "name": "t.img", "path": "/srv/t.img", "machines": [], "template": "base"],
                ]
            ]
        }
        core.answer("network.list") { _ in ["networks": [["name": "br0"], ["name": "lab"]]] }
        core.answer("network.isMACInUse") { parameters in
            ["inUse": .bool(parameters["mac"] == "52:54:00:00:00:99"), "complete": true]
        }
        for change in [
            "modify", "attachDisk", "detachDisk", "attachInterface", "detachInterface", "moveInterface",
        ] { core.answer("machine.\(change)") { _ in [:] } }
    }

    private static func disk(_ target: String, _ path: String, _ mode: String = "w") -> XMLRPCValue {
        .members(["int_dev": .string(target), "ext_dev": .string(path), "mode": .string(mode)])
    }

    private static func vif(_ mac: String, _ bridge: String, type: String = "pv") -> XMLRPCValue {
        .members(["mac": .string(mac), "bridge": .string(bridge), "type": .string(type)])
    }

    private func save(
        disks: [XMLRPCValue]? = nil, vifs: [XMLRPCValue]? = nil, _ more: [String: XMLRPCValue] = [:],
        session: String = FakeCore.admin
    ) async throws -> XMLRPCFault? {
        var members = more.merging(["uuid": .string(FakeCore.one)]) { $1 }
        members["disks"] = disks.map(XMLRPCValue.array)
        members["vifs"] = vifs.map(XMLRPCValue.array)
        let vm = XMLRPCValue.structure(members.map { XMLRPCMember($0.key, $0.value) })
        return try await core.fault("VM.saveConfig", vm, session: session)
    }

    /// What was changed, in order, each with what it was about.
    private var changes: [String] {
        core.asked.filter { $0.method.hasPrefix("machine.") && $0.method != "machine.show" }.map { asked in
            let about = ["target", "volume", "path", "interface", "network", "mac"].compactMap { name -> String? in
                asked.parameters[name].map { $0.stringValue ?? "\($0.intValue ?? 0)" }
            }
            return ([String(asked.method.dropFirst(8))] + about).joined(separator: " ")
        }
    }

    @Test func `what is the same is left alone, and what is left out too`() async throws {
        #expect(try await save(disks: [Self.disk("vda", "/srv/a.qcow2"), Self.cd]) == nil)
        #expect(try await save(disks: [.members(["label": "vda"]), .members(["int_dev": "sda"])]) == nil)
        #expect(try await save(vifs: [.members(["mac": "52:54:00:00:00:01"])]) == nil)
        #expect(changes == [])
    }

    @Test func `disks come, change and go in an order that loses nothing`() async throws {
        let wanted = [Self.disk("vdb", "/srv/b.qcow2", "r"), .members(["ext_dev": "/dev/sdq"])]
        #expect(try await save(disks: wanted, ["vcpus": 4]) == nil)
        #expect(
            changes == [
                "modify", "attachDisk vdb 9", "attachDisk /dev/sdq", "detachDisk vda", "detachDisk sda",
            ])
        let first = try #require(core.asked.first { $0.method == "machine.attachDisk" })
        #expect(first.parameters["readOnly"] == true && first.parameters["machine"] == .string(FakeCore.one))
    }

    @Test func `a disk with another path or mode is detached and attached again`() async throws {
        #expect(try await save(disks: [Self.disk("vda", "/srv/b.qcow2"), Self.cd]) == nil)
        #expect(changes == ["detachDisk vda", "attachDisk vda 9"])
        #expect(try await save(disks: [Self.disk("vdc", "/srv/a.qcow2"), Self.cd]) == nil)
        #expect(changes.suffix(2) == ["detachDisk vda", "attachDisk vdc 8"])
        #expect(try await save(disks: [Self.disk("vda", "/srv/a.qcow2", "r"), Self.cd]) == nil)
        #expect(changes.suffix(2) == ["detachDisk vda", "attachDisk vda 8"])
    }

    @Test func `a disk by its path keeps its format, and what is neither raw nor qcow2 is not replaced`() async throws {
        #expect(try await save(disks: [Self.disk("vda", "/srv/x.qcow2"), Self.cd]) == nil)
        #expect(changes == ["detachDisk vda", "attachDisk vda /srv/x.qcow2"])
        #expect(core.asked.last?.parameters["format"] == "qcow2")
        for format in [JSONValue.null, "vmdk"] {
            core.answer("machine.show") { _ in
                let disk: JSONValue = ["target": "vda", "device": "disk", "source": "/srv/a.qcow2", "format": format]
                var machine = FakeCore.machine(FakeCore.one, "running").objectValue ?? [:]
                machine["disks"] = [disk]
                return ["machine": .object(machine)]
            }
            #expect(try await save(disks: [Self.disk("vda", "/srv/b.qcow2")])?.code == 6)
            #expect(try await save(disks: [Self.disk("vdb", "/srv/a.qcow2")])?.code == 6)
        }
        #expect(changes.count == 2)
    }

    @Test func `interfaces come, are plugged over and go`() async throws {
        let wanted = [Self.vif("52:54:00:00:00:01", "lab"), Self.vif("52:54:00:00:00:02", "br0", type: "ioemu")]
        #expect(try await save(vifs: wanted) == nil)
        #expect(
            changes == ["moveInterface 52:54:00:00:00:01 lab", "attachInterface br0 52:54:00:00:00:02"])
        #expect(core.asked.last?.parameters["model"] == "e1000")
        #expect(try await save(vifs: [.members(["bridge": "br0"])]) == nil)
        #expect(changes.suffix(2) == ["attachInterface br0", "detachInterface 52:54:00:00:00:01"])
    }

    @Test func `what could only fail is refused before anything is changed`() async throws {
        let vda = Self.disk("vda", "/srv/a.qcow2")
        let wrong: [([XMLRPCValue], Int)] = [
            ([vda, vda], 6), ([vda, Self.disk("vdb", "")], 6), ([vda, Self.disk("disk2", "/srv/b.qcow2")], 6),
            ([vda, Self.disk("vdb", "/srv/b.qcow2", "x")], 6), ([Self.disk("vda", "")], 6),
            ([vda, Self.disk("sda", "/srv/b.qcow2")], 6), ([vda, Self.disk("vdb", "/srv/c.img")], 19),
            ([vda, Self.disk("vdb", "/srv/t.img", "r")], 19),
            ([vda, Self.disk("vdb", "/srv/b.qcow2"), Self.disk("vdc", "/srv/b.qcow2")], 6),
        ]
        for (disks, code) in wrong {
            #expect(try await save(disks: disks, ["name": "n"])?.code == code, "\(disks)")
        }
        let own = Self.vif("52:54:00:00:00:01", "br0")
        let wrongVifs: [([XMLRPCValue], Int)] = [
            ([own, Self.vif("52:54:00:00:00:02", "nowhere")], 6), ([own, Self.vif("52:54:00:00:00:99", "br0")], 19),
            ([own, Self.vif("52:54:00:00:00:02", "br0", type: "x")], 6),
            ([Self.vif("52:54:00:00:00:01", "br0", type: "ioemu")], 6),
        ]
        for (vifs, code) in wrongVifs { #expect(try await save(vifs: vifs, ["name": "n"])?.code == code, "\(vifs)") }
        // A path that is no volume is for superusers.
        let raw = [vda, Self.cd, Self.disk("vdb", "/dev/sdq")]
        #expect(try await save(disks: raw, session: FakeCore.reader)?.code == 1)
        #expect(changes == [])
        #expect(try await save(disks: [vda, Self.cd, Self.disk("vdb", "/srv/c.img", "r")]) == nil)
        let known = [vda, Self.cd, Self.disk("vdb", "/srv/b.qcow2")]
        #expect(try await save(disks: known, session: FakeCore.reader) == nil)
    }

    @Test func `a fault tells what was done before, and a disk is put back`() async throws {
        core.answer("machine.attachDisk") { parameters in
            guard parameters["volume"] != 9 else { throw GatehouseError(.hypervisorFailed, "It broke.") }
            return [:]
        }
        let fault = try await save(disks: [Self.disk("vda", "/srv/b.qcow2"), Self.cd], ["vcpus": 4])
        #expect(fault?.code == 8)
        #expect(fault?.text.hasSuffix("It broke. Done before that: changed vcpus; put vda back.") == true)
        #expect(changes == ["modify", "detachDisk vda", "attachDisk vda 9", "attachDisk vda 8"])
        core.answer("machine.attachDisk") { _ in throw GatehouseError(.hypervisorFailed, "It broke.") }
        let worse = try await save(disks: [Self.disk("vda", "/srv/b.qcow2"), Self.cd])
        #expect(worse?.text.hasSuffix("Done before that: detached vda, which could not be put back.") == true)
        let plain = try await save(disks: [Self.disk("vda", "/srv/a.qcow2"), Self.disk("vdb", "/srv/b.qcow2"), Self.cd])
        #expect(plain?.text.hasSuffix("It broke. Nothing was changed.") == true)
        core.answer("machine.moveInterface") { _ in throw GatehouseError(.machineLocked, "Somebody starts it.") }
        #expect(try await save(vifs: [Self.vif("52:54:00:00:00:01", "lab")])?.code == 11)
    }

    @Test func `who may not see the node's networks is told by the change itself`() async throws {
        core.answer("network.list") { _ in throw GatehouseError(.forbidden, "Not the node.") }
        #expect(try await save(vifs: [Self.vif("52:54:00:00:00:01", "lab")], session: FakeCore.reader) == nil)
        #expect(changes == ["moveInterface 52:54:00:00:00:01 lab"])
    }
}
