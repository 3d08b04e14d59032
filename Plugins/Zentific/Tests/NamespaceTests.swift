// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct NamespaceTests {
    private let core = FakeCore()

    @Test func `configuration is read as text, with its level`() async throws {
        #expect(try await core.value("Zentific.getConfig", "stat_retention") == "25")
        #expect(try await core.value("Zentific.getConfigPriv", "stat_retention") == 5)
        #expect(core.asked.last?.parameters == ["name": "statRetention"])
    }

    @Test func `a key that is not for the caller is fault 1, and its level is that of a superuser`() async throws {
        #expect(try await core.fault("Zentific.getConfig", "nodeuser", session: FakeCore.reader)?.code == 1)
        #expect(try await core.value("Zentific.getConfigPriv", "nodeuser", session: FakeCore.reader) == 0)
    }

    @Test func `a key that there is not is named`() async throws {
        for method in ["Zentific.getConfig", "Zentific.getConfigPriv"] {
            let fault = try await core.fault(method, "statRetention")
            #expect(fault?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='key'>") == true)
        }
    }

    @Test(arguments: ["Zentific.setconfig", "Zentific.setConfig"])
    func `configuration is set under both spellings, numbers as numbers`(method: String) async throws {
        #expect(try await core.value(method, "stat_retention", "50") == true)
        #expect(core.asked.last?.parameters == ["name": "statRetention", "value": 50])
        #expect(try await core.value(method, "max_vcpu_allocation", 8) == true)
        #expect(core.asked.last?.parameters == ["name": "maxVcpus", "value": 8])
        #expect(try await core.value(method, "language", "de") == true)
        #expect(core.asked.last?.parameters == ["name": "language", "value": "de"])
        let fault = try await core.fault(method, "stat_retention", "many")
        #expect(fault?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='value'>") == true)
    }

    @Test func `frontend plugins are those that are on`() async throws {
        #expect(try await core.value("Zentific.getFrontendPlugins") == ["nodes"])
    }

    @Test func `a plugin has the fields of the source, in its order, and its rpc flag twice`() async throws {
        let plugins = try #require(try await core.value("Zentific.getAllPlugins").arrayValue)
        #expect(plugins.count == 3)
        #expect(
            plugins[2].structValue?.map(\.name) == [
                "id", "privilege", "name", "description", "platform", "frontend", "rpc", "xmlrpc", "scheduler",
                "poller", "enabled", "controlnetwork", "controlstorage", "controlplatform",
            ])
        #expect(plugins[2]["rpc"] == true && plugins[2]["xmlrpc"] == true && plugins[2]["frontend"] == false)
        #expect(plugins[2]["id"] == 3 && plugins[1]["enabled"] == false)
    }

    @Test func `a plugin is switched with numbers, booleans or digits, in the parts that it has`() async throws {
        #expect(try await core.value("Zentific.modifyPlugin", "rpc", 1, true, "0", false, 0) == true)
        #expect(core.asked.last?.parameters == ["name": "rpc", "enabled": true, "rpc": true, "poller": false])
        core.answer("plugin.modify") { parameters in
            guard parameters["frontend"] == nil else { throw GatehouseError.invalidParameter("frontend", "No.") }
            return [:]
        }
        let fault = try await core.fault("Zentific.modifyPlugin", "rpc", 1, 1, 1, 0, 0)
        #expect(fault?.text == "<MESSAGE type='INVALID_PARAMETER' param='frontend'> No.")
    }

    @Test func `the plugin can switch itself off`() async throws {
        core.answer("plugin.modify") { _ in throw CancellationError() }
        #expect(try await core.value("Zentific.modifyPlugin", "zentific", 0, 0, 0, 0, 0) == true)
    }

    @Test func `the caller has his name under both keys`() async throws {
        let user = try await core.value("User.getUser")
        #expect(
            user
                == .members([
                    "uid": 3, "username": "root", "name": "root", "givenname": "Ada", "email": "a@b.example",
                    "active": 1, "type": 0, "language": "en",
                ]))
        #expect(try await core.value("User.getUser", session: FakeCore.reader)["type"] == 5)
        #expect(core.methods == ["session.resume", "session.resume"])
    }

    @Test func `machines are listed once each`() async throws {
        #expect(try await core.value("VM.getVMs") == [.string(FakeCore.one), .string(FakeCore.two)])
    }

    @Test(arguments: [
        ("running", "r"), ("suspended", "b"), ("paused", "p"), ("off", "s"), ("saved", "s"), ("shutdown", "d"),
        ("crashed", "c"), ("unknown", ""),
    ])
    func `each state has its letter`(state: String, letter: String) async throws {
        core.answer("machine.list") { _ in ["machines": [FakeCore.machine(FakeCore.one, state)]] }
        #expect(try await core.value("VM.getState", .string(FakeCore.one.uppercased())) == .string(letter))
    }

    @Test func `a machine has the fields of the source, in its order, and the older ones after them`() async throws {
        let machine = try await core.value("VM.getVM", .string(FakeCore.one))
        #expect(
            machine.structValue?.map(\.name) == [
                "name", "uuid", "puuid", "type", "os", "id", "kernel", "ramdisk", "cmdline", "on_reboot",
                "on_poweroff", "on_crash", "mem", "maxmem", "vcpus", "cpupct", "cputime", "uptime", "state",
                "vncport", "vncpasswd", "disks", "vifs", "numvbds", "numnets", "rxbw", "txbw",
            ])
        #expect(machine["name"] == "vm1" && machine["uuid"] == .string(FakeCore.one))
        #expect(machine["puuid"] == "00000000-0000-8000-8000-000000000007" && machine["type"] == "full")
        #expect(machine["mem"] == 1_048_576 && machine["maxmem"] == 2_097_152 && machine["vcpus"] == 2)
        #expect(machine["cpupct"] == 12.5 && machine["cputime"] == 2.5 && machine["state"] == "r")
        #expect(machine["numvbds"] == 2 && machine["numnets"] == 1)
        #expect(machine["rxbw"] == 1000.0 && machine["txbw"] == 2000.0)
    }

    @Test func `a machine that is off has no figures, and is not asked for any`() async throws {
        let machine = try await core.value("VM.getVM", .string(FakeCore.two))
        #expect(machine["state"] == "s" && machine["uptime"] == 0 && machine["cputime"] == 0.0)
        #expect(!core.methods.contains("machine.stats"))
    }

    @Test func `a machine whose figures and node can not be had is told all the same`() async throws {
        core.answer("machine.stats") { _ in throw GatehouseError(.nodeUnreachable, "No.") }
        core.answer("node.show") { _ in throw GatehouseError(.notFound, "No.") }
        let machine = try await core.value("VM.getVM", .string(FakeCore.one))
        #expect(machine["puuid"] == "" && machine["cputime"] == 0.0)
    }

    @Test func `disks and interfaces have their fields and figures`() async throws {
        let machine = try await core.value("VM.getVM", .string(FakeCore.one))
        let disks = try #require(machine["disks"]?.arrayValue)
        #expect(
            disks[0].structValue?.map(\.name) == [
                "label", "int_dev", "ext_dev", "mode", "type", "partition_type", "mapped_dev", "ooreq", "rdreq",
                "wrreq", "num_sectors", "start_sector", "free", "capacity", "size_sector", "block_size",
            ])
        #expect(disks[0]["int_dev"] == "vda" && disks[0]["ext_dev"] == "/srv/a.qcow2" && disks[0]["mode"] == "w")
        #expect(disks[0]["rdreq"] == 11.0 && disks[0]["wrreq"] == 22.0)
        #expect(disks[0]["capacity"] == 10_240.0 && disks[0]["free"] == 6144.0 && disks[0]["num_sectors"] == 20.0)
        #expect(disks[1]["mode"] == "r" && disks[1]["type"] == "cdrom" && disks[1]["rdreq"] == 0.0)
        let vif = try #require(machine["vifs"]?.arrayValue?.first)
        #expect(
            vif.structValue?.map(\.name) == [
                "id", "label", "name", "uuid", "mac", "bridge", "script", "type", "loopback", "connected", "promisc",
                "ip", "netmask", "gateway", "broadcast", "mtu", "txpackets", "txbytes", "txdrop", "txerr",
                "rxpackets", "rxbytes", "rxdrop", "rxerr", "collisions",
            ])
        #expect(vif["mac"] == "52:54:00:00:00:01" && vif["bridge"] == "br0" && vif["type"] == "pv")
        #expect(vif["txbytes"] == 2000.0 && vif["rxpackets"] == 10.0 && vif["rxerr"] == 1.0 && vif["txdrop"] == 4.0)
    }

    @Test func `all machines at once are what each is by itself, and one that goes meanwhile is left out`() async throws
    {
        let full = try #require(try await core.value("VM.getVMsFull").arrayValue)
        #expect(full.count == 2)
        let single = try await core.value("VM.getVM", .string(FakeCore.two))
        #expect(full[1] == single)
        core.answer("machine.show") { parameters in
            guard parameters["machine"] == .string(FakeCore.two) else { throw GatehouseError.machineNotFound }
            return ["machine": FakeCore.machine(FakeCore.two, "off")]
        }
        #expect(try await core.value("VM.getVMsFull") == [single])
    }

    @Test func `the time a machine runs is counted from when it was first seen so`() throws {
        let machine = FakeCore.machine(FakeCore.one, "running")
        let began = try Date(
            "2026-11-21T10:00:00.000Z", strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let vm = VMStruct(machine: machine, stats: .null, node: .null, now: began.addingTimeInterval(75))
        #expect(vm.value["uptime"] == 75)
    }

    @Test func `everything is asked in the client's name`() async throws {
        _ = try await core.value("VM.getVMsFull")
        #expect(core.asked.allSatisfy { $0.token == "t1" })
    }
}
