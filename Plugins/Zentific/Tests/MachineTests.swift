// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct MachineTests {
    private let core = FakeCore()
    private let one = XMLRPCValue.string(FakeCore.one)

    private static let things: [(String, XMLRPCValue)] = [
        ("getVCPUs", .int(2)), ("getMemory", .int(1_048_576)), ("getMaxMemory", .int(2_097_152)),
        ("getType", .string("full")), ("getNumDisks", .int(2)), ("getNumNETIFs", .int(1)),
        ("getStateStr", .string("running")), ("getCPUtime", .double(2.5)), ("getCPUpct", .double(12.5)),
        ("getVmParentNode", .string("00000000-0000-8000-8000-000000000007")), ("getVmParentAddress", .string("kvm1")),
    ]

    @Test(arguments: things)
    func `one thing of a machine`(method: String, wanted: XMLRPCValue) async throws {
        #expect(try await core.value("VM.\(method)", one) == wanted)
    }

    @Test func `what a machine's definition says, and what waits for its next start`() async throws {
        core.answer("machine.show") { _ in
            var machine = FakeCore.machine(FakeCore.one, "running").objectValue ?? [:]
            machine["details"] = [
                "hypervisorID": 12, "os": "http://debian.org/debian/12", "kernel": "/k", "initrd": "/i",
                "commandLine": "quiet", "onReboot": "restart", "onPowerOff": "destroy", "onCrash": "preserve",
                "vncPort": 5903, "needsReboot": true,
            ]
            return ["machine": .object(machine)]
        }
        #expect(try await core.value("VM.getVMid", one) == 12)
        #expect(try await core.value("VM.getOS", one) == "http://debian.org/debian/12")
        #expect(try await core.value("VM.getVNCport", one) == 5903)
        #expect(try await core.value("VM.needsReboot", one) == true)
        let whole = try await core.value("VM.getVM", one)
        #expect(whole["id"] == 12 && whole["vncport"] == 5903 && whole["kernel"] == "/k" && whole["ramdisk"] == "/i")
        #expect(whole["on_reboot"] == "restart" && whole["on_crash"] == "preserve" && whole["cmdline"] == "quiet")
        core.answer("machine.show") { _ in ["machine": FakeCore.machine(FakeCore.one, "off")] }
        #expect(try await core.value("VM.getVMid", one) == -1)
        #expect(try await core.value("VM.getVNCport", one) == -1)
        #expect(try await core.value("VM.getOS", one) == "")
        #expect(try await core.value("VM.needsReboot", one) == false)
    }

    @Test func `a screen's password, and what was done to a machine`() async throws {
        core.answer("console.revealPassword") { parameters in
            #expect(parameters == ["machine": .string(FakeCore.one)])
            return ["password": "secret"]
        }
        #expect(try await core.value("VM.getVNCpass", one) == "secret")
        core.answer("console.revealPassword") { _ in ["password": nil] }
        #expect(try await core.value("VM.getVNCpass", one) == "")
        core.answer("machine.log") { parameters in
            #expect(parameters["machine"] == .string(FakeCore.one))
            return [
                "entries": [
                    ["id": 9, "at": "T9", "userID": 3, "action": "machine.start", "outcome": "ok", "detail": nil],
                    [
                        "id": 8, "at": "T8", "userID": nil, "action": "machine.save", "outcome": "failed",
                        "detail": "No.",
                    ],
                    ["id": 7, "at": "T7", "userID": 4, "action": "console.open", "outcome": "refused", "detail": nil],
                ], "more": false,
            ]
        }
        let log = try #require(try await core.value("VM.getLog", one).arrayValue)
        #expect(log.map { $0["severity"] } == [0, 2, 1] && log.map { $0["uid"] } == [3, -1, 4])
        #expect(log.map { $0["message"] } == ["machine.start", "machine.save: No.", "console.open"])
        #expect(log.first?["timestamp"] == "T9")
    }

    @Test func `disks and interfaces are those of the whole machine`() async throws {
        let whole = try await core.value("VM.getVM", one)
        #expect(try await core.value("VM.getDisks", one) == whole["disks"])
        #expect(try await core.value("VM.getNETIFs", one) == whole["vifs"])
    }

    @Test func `the history of the processor is as long as the setting says, and has an average`() async throws {
        core.answer("sample.range") { parameters in
            #expect(parameters == ["machine": .string(FakeCore.one)])
            let points = (1...30).map { JSONValue.object(["cpuPercent": .double(Double($0))]) }
            return ["points": .array(points + [["cpuPercent": nil]])]
        }
        let history = try #require(try await core.value("VM.getCPUpctHist", one).arrayValue)
        #expect(history.count == 25 && history.first == 6.0 && history.last == 30.0)
        #expect(try await core.value("VM.getAvgCPUpct", one) == 18.0)
        core.answer("sample.range") { _ in ["points": []] }
        #expect(try await core.value("VM.getAvgCPUpct", one) == 0.0)
    }

    @Test func `consoles, notes and what is done to a machine`() async throws {
        core.answer("machine.show") { _ in
            [
                "machine": [
                    "state": "off", "consoles": ["vnc", "text"], "notes": "mine",
                    "operation": ["name": "start", "by": "bob"],
                ]
            ]
        }
        #expect(try await core.value("VM.getSupportedConsoles", one) == ["text", "vnc"])
        #expect(try await core.value("VM.hasGraphicalConsole", one) == true)
        #expect(try await core.value("VM.hasTextConsole", one) == true)
        #expect(try await core.value("VM.getNotes", one) == "mine")
        #expect(try await core.value("VM.getVmLockReason", one) == "start, by bob")
        #expect(try await core.value("VM.getTimeStarted", one) == "")
        #expect(try await core.value("VM.getUptimeStr", one) == "0 seconds")
    }

    @Test(arguments: [
        ("start", "machine.start"), ("pause", "machine.pause"), ("unpause", "machine.resume"),
        ("poweroff", "machine.powerOff"), ("shutdown", "machine.shutdown"), ("reboot", "machine.reboot"),
    ])
    func `power is switched by jobs`(method: String, kind: String) async throws {
        core.answer("job.submit") { _ in ["job": ["id": 41]] }
        #expect(try await core.value("VM.\(method)", one) == 41)
        #expect(
            core.asked.last?.parameters == ["kind": .string(kind), "parameters": ["machine": .string(FakeCore.one)]])
    }

    @Test func `a console is opened on a port, and its port is told while somebody has it`() async throws {
        core.answer("console.openPort") { parameters in
            #expect(parameters["machine"] == .string(FakeCore.one))
            return ["port": parameters["type"] == "vnc" ? 9001 : 9002]
        }
        #expect(try await core.value("VM.connectGraphicalConsole", one) == 9001)
        #expect(try await core.value("VM.connectTextConsole", one) == 9002)
        core.answer("console.openPort") { _ in throw GatehouseError(.consoleLocked, "In use by bob.") }
        #expect(try await core.fault("VM.connectTextConsole", one)?.code == 9)
        #expect(try await core.value("VM.getTextConsolePort", one) == 0)
        core.answer("machine.list") { _ in
            let locks: JSONValue = ["vnc": ["port": 9001], "text": nil]
            return ["machines": [["id": .string(FakeCore.one), "uuid": .string(FakeCore.one), "locks": locks]]]
        }
        #expect(try await core.value("VM.getGraphicalConsolePort", one) == 9001)
        #expect(try await core.value("VM.getTextConsolePort", one) == 0)
    }

    @Test func `notes are kept`() async throws {
        core.answer("machine.setNotes") { _ in [:] }
        #expect(try await core.value("VM.saveNotes", one, "new") == true)
        #expect(core.asked.last?.parameters == ["machine": .string(FakeCore.one), "notes": "new"])
    }

    @Test func `who has a console is told to those who may know`() async throws {
        core.answer("machine.list") { _ in
            [
                "machines": [
                    [
                        "id": .string(FakeCore.one), "uuid": .string(FakeCore.one),
                        "locks": ["vnc": ["self": false, "holder": "bob"], "text": nil],
                    ]
                ]
            ]
        }
        core.answer("console.disconnect") { _ in throw GatehouseError(.notFound, "Nobody has it.") }
        #expect(try await core.value("VM.getConsoleLockUsername", one, "vnc") == "bob")
        #expect(try await core.value("VM.getConsoleLockUsername", one, "text") == "")
        #expect(try await core.fault("VM.getConsoleLockUsername", one, "video")?.code == 6)
        #expect(try await core.value("VM.disconnectTextConsole", one) == false)
        core.answer("console.disconnect") { _ in [:] }
        #expect(try await core.value("VM.disconnectGraphicalConsole", one) == true)
        #expect(core.asked.last?.parameters == ["machine": .string(FakeCore.one), "type": "vnc"])
        #expect(try await core.value("VM.disconnectConsole", one) == true)
        #expect(try await core.value("VM.disconnectConsole", one, "text") == false)
        for (lock, wanted) in [(["self": true] as JSONValue, "Self" as XMLRPCValue?), (["self": false], nil)] {
            core.answer("machine.list") { _ in
                ["machines": [["id": .string(FakeCore.one), "uuid": .string(FakeCore.one), "locks": ["vnc": lock]]]]
            }
            let told = try? await core.value("VM.getConsoleLockUsername", one, "vnc")
            #expect(told == wanted)
        }
    }

    @Test func `nodes have their fields, and go by their numbers`() async throws {
        core.answer("node.show") { parameters in
            #expect(parameters == ["node": "kvm1"])
            return [
                "node": [
                    "id": 7, "name": "kvm1", "state": "online", "hypervisor": "QEMU", "version": "7.2.22",
                    "hostname": "kvm1.example.org", "cpus": 8, "memoryKiB": 1024,
                    "details": [
                        "architecture": "x86_64", "megahertz": 2400, "numaNodes": 1, "sockets": 2, "cores": 4,
                        "threads": 1, "supportsHVM": true, "guests": [["osType": "hvm", "architecture": "x86_64"]],
                    ],
                ]
            ]
        }
        #expect(try await core.value("Node.getNodes") == [.string(NodeUUID.text(7))])
        let node = try await core.value("Node.getNode", .string(NodeUUID.text(7)))
        #expect(
            node.structValue?.map(\.name) == [
                "enabled", "uuid", "kernel", "address", "os", "architecture", "hostname", "domainname", "platformver",
                "platformbuild", "platformvendor", "platformfull", "platform", "default_vnc_pass", "num_cpus",
                "cores_per_socket", "threads_per_core", "num_cpu_nodes", "sockets_per_node", "cpu_mhz",
                "total_phys_mem", "hvm", "capabilities", "controlmodule", "hwuuid", "total_memory",
            ])
        #expect(node["enabled"] == true && node["address"] == "kvm1.example.org" && node["domainname"] == "example.org")
        #expect(node["platformfull"] == "QEMU 7.2.22" && node["num_cpus"] == 8 && node["total_memory"] == 1_048_576.0)
        #expect(node["architecture"] == "x86_64" && node["hvm"] == true && node["capabilities"] == "hvm-x86_64")
        #expect(node["sockets_per_node"] == 2 && node["cores_per_socket"] == 4 && node["cpu_mhz"] == 2400.0)
        #expect(try await core.value("Node.supportsHvm", .string(NodeUUID.text(7))) == true)
        core.answer("node.show") { _ in ["node": ["id": 7, "name": "kvm1"]] }
        #expect(try await core.fault("Node.supportsHvm", .string(NodeUUID.text(7)))?.code == 8)
        #expect(try await core.fault("Node.supportsHvm", one)?.code == 6)
        #expect(try await core.fault("Node.getNode", one)?.code == 6)
        #expect(try await core.fault("Node.getNode", one, session: FakeCore.reader)?.code == 1)
        #expect(NodeUUID.number(NodeUUID.text(-1)) == 0xFFFF_FFFF_FFFF)
    }

    @Test(arguments: [
        ("Node.enterMaintenanceMode", "node.enterMaintenance"), ("Node.leaveMaintenanceMode", "node.leaveMaintenance"),
    ])
    func `a node enters and leaves maintenance by a job, whose number is the answer`(
        method: String, kind: String
    ) async throws {
        core.answer("job.submit") { parameters in
            guard parameters["kind"] == .string(kind) else { throw GatehouseError(.forbidden, "No.") }
            return ["job": ["id": 12]]
        }
        #expect(try await core.value(method, .string(NodeUUID.text(7))) == 12)
        #expect(core.asked.last?.parameters == ["kind": .string(kind), "parameters": ["node": "kvm1"]])
        #expect(try await core.fault(method, .string(NodeUUID.text(8)))?.code == 6)
        core.answer("job.submit") { _ in throw GatehouseError(.forbidden, "Only a superuser may do this.") }
        #expect(try await core.fault(method, .string(NodeUUID.text(7)))?.code == 1)
    }

    @Test func `a job has its fields, and its times in seconds`() async throws {
        core.answer("user.list") { _ in ["users": [["id": 5, "name": "bob"]]] }
        core.answer("job.get") { parameters in
            guard parameters["job"] == 41 else { throw GatehouseError(.notFound, "There is no such job.") }
            return [
                "job": [
                    "id": 41, "kind": "machine.start", "status": "dependencyFailed", "submitter": "bob", "node": "kvm1",
                    "machine": .string(FakeCore.one), "parameters": ["machine": .string(FakeCore.one)], "output": nil,
                    "error": "It failed.", "message": nil, "createdAt": "1970-01-01T00:01:40.500Z", "startedAt": nil,
                    "finishedAt": nil, "dependencies": [40],
                ]
            ]
        }
        let job = try await core.value("Scheduler.getJob", 41)
        #expect(
            job.structValue?.map(\.name) == [
                "id", "uid", "status", "resource", "module_name", "module_function", "input_string", "output_string",
                "target_vm", "target_node", "target_host", "extra", "time_started", "time_finished", "time_queued",
                "dependencies", "timestamp", "return_value", "pid",
            ])
        #expect(job["uid"] == 5 && job["status"] == 9 && job["resource"] == one && job["module_name"] == "machine")
        #expect(job["module_function"] == "start" && job["output_string"] == "It failed." && job["return_value"] == 1)
        #expect(job["time_queued"] == 100 && job["time_started"] == -1 && job["dependencies"] == [40])
        #expect(job["input_string"] == .string(#"{"machine":"\#(FakeCore.one)"}"#))
        #expect(job["target_node"] == .string(NodeUUID.text(7)))
        #expect(try await core.value("Scheduler.getJobStatus", 41) == 9)
        #expect(try await core.value("Scheduler.getJobsStatus", [41, "41"]) == [9, 9])
        for wrong in [XMLRPCValue.array([41, 0]), [.string("x")], 5] {
            #expect(try await core.fault("Scheduler.getJobsStatus", wrong)?.code == 6)
        }
    }

    @Test func `jobs are listed by state, by user and by machine`() async throws {
        core.answer("job.list") { parameters in
            if parameters["active"] == true { return ["jobs": [["id": 3], ["id": 2]], "more": false] }
            if parameters["machine"] == .string(FakeCore.one) { return ["jobs": [["id": 4, "submitter": "x"]]] }
            return ["jobs": [["id": 9, "submitter": "root"], ["id": 8, "submitter": "other"]]]
        }
        core.answer("job.cancel") { _ in [:] }
        core.answer("user.list") { _ in ["users": []] }
        #expect(try await core.value("Scheduler.getJobs") == [3, 2])
        let own = try #require(try await core.value("Scheduler.getJobsByUID", 3).arrayValue)
        #expect(own.count == 1 && own[0]["id"] == 9 && own[0]["uid"] == 3)
        let machine = try #require(try await core.value("Scheduler.getJobsByUUID", one).arrayValue)
        #expect(machine.count == 1 && machine[0]["id"] == 4 && machine[0]["uid"] == -1)
        core.answer("job.get") { parameters in ["job": ["id": parameters["job"] ?? .null]] }
        let asked = core.methods.count
        for wrong in [0, -1] { #expect(try await core.fault("Scheduler.cancelJob", .int(Int64(wrong)))?.code == 6) }
        #expect(core.methods[asked...].allSatisfy { $0 == "session.resume" })
        #expect(try await core.value("Scheduler.cancelJob", 3) == true)
        #expect(core.asked.last?.parameters == ["job": 3])
    }

    @Test func `the server tells of its methods without a session`() async throws {
        guard case .value(let names) = try await core.call("system.listMethods").response else {
            Issue.record("it is a fault")
            return
        }
        #expect(
            names.arrayValue?.contains("VM.start") == true && names.arrayValue?.contains("Zentific.setConfig") == true)
        let help = try await core.value("system.methodHelp", "VM.disconnectConsole")
        #expect(help == "VM.disconnectConsole(uuid, [type]) returns boolean. It needs admin of the machine.")
        #expect(
            try await core.value("system.methodSignature", "VM.disconnectConsole")
                == [["boolean", "string"], ["boolean", "string", "string"]])
        #expect(try await core.value("system.methodSignature", "User.addUser") == [["boolean", "struct"]])
        #expect(try await core.fault("system.methodHelp", "VM.fly")?.code == 6)
    }

    private static let spans: [(Int64, String)] = [
        (0, "0 seconds"), (1, "1 second"), (61, "1 minute, 1 second"), (31_536_000, "1 year"),
        // 4 months of 30 days, 2 weeks, 3 days, and so on.
        (11_878_673, "4 months, 2 weeks, 3 days, 11 hours, 37 minutes, 53 seconds"),
    ]

    @Test(arguments: spans)
    func `a span is written out`(seconds: Int64, words: String) { #expect(TimeWords.span(seconds) == words) }

    @Test(arguments: [
        ("2008-05-12T14:42:00Z", "2008, May 12, 2:42PM"), ("2026-01-01T00:05:59Z", "2026, January 1, 12:05AM"),
        ("2026-12-31T12:00:00Z", "2026, December 31, 12:00PM"),
    ])
    func `a moment is written out`(text: String, words: String) throws {
        #expect(TimeWords.moment(try Date(text, strategy: .iso8601)) == words)
    }
}
