// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import PluginHost
import Synchronization
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct PluginCheckTests {
    private static func check(
        _ plugin: ExamplePlugin, isSandboxed: Bool = false, configuration: JSONValue = .null,
        patience: Duration = .seconds(30), grace: Duration = .seconds(10)
    ) async -> CheckReport {
        defer { plugin.remove() }
        var check = PluginCheck(folder: plugin.folder.path, launcher: ExamplePlugin.launcher)
        check.isSandboxed = isSandboxed
        check.configuration = configuration
        check.patience = patience
        check.startTime = .seconds(30)
        check.grace = grace
        let told = Mutex<[CheckLine]>([])
        let report = await check.run { line in told.withLock { $0.append(line) } }
        #expect(told.withLock(\.self) == report.lines)
        return report
    }

    private static func failures(_ report: CheckReport) -> [String] {
        report.lines.filter(\.hasFailed).map(\.text)
    }

    @Test(arguments: [true, false])
    func `the Python example keeps to the contract`(isSandboxed: Bool) async throws {
        let report = await Self.check(try .python(), isSandboxed: isSandboxed)
        #expect(Self.failures(report) == [], "\(report.log)")
        #expect(report.hasPassed && report.lines.count > 18)
        let names = report.lines.map(\.name)
        #expect(names.contains("GET /hello-python") && names.contains("it answers shutdown, and ends"))
    }

    @Test(arguments: [true, false])
    func `the Swift example keeps to the contract`(isSandboxed: Bool) async throws {
        let report = await Self.check(try .swift(), isSandboxed: isSandboxed)
        #expect(Self.failures(report) == [], "\(report.log)")
        #expect(report.hasPassed && report.lines.count > 18)
    }

    @Test func `a plugin with pages only has no process to check`() async throws {
        let report = await Self.check(try .pages())
        #expect(report.hasPassed)
        #expect(report.lines.last?.text.hasPrefix("skip  the process") == true)
    }

    @Test func `a configuration that the manifest does not describe fails`() async throws {
        let report = await Self.check(try .python(), configuration: ["greetings": "Hi"])
        #expect(Self.failures(report).count == 1)
        #expect(Self.failures(report)[0].contains("config.greetings"))
    }

    @Test(arguments: [
        ("parts: [rpc]", "parts: [rpc, poller]", "polls"), ("name: hello-python", "name: Hello", "name"),
        ("command:", "comand:", "comand"), ("hello.py]", "gone.py]", "initialize"),
        ("[python3, hello.py]", "[hello.py]", "executed"),
        ("contract: { from: 1, to: 1 }", "contract: { from: 7, to: 8 }", "7 to 8"),
    ])
    func `a manifest that is wrong fails, and says where`(old: String, new: String, word: String) async throws {
        let report = await Self.check(try .python(manifest: [(old, new)]))
        #expect(!report.hasPassed)
        #expect(Self.failures(report).contains { $0.contains(word) }, "\(report.lines.map(\.text))")
    }

    /// What is made wrong in the code, and what fails then.
    static let faults: [(old: String, new: String, check: String)] = [
        (
            "if method == \"initialize\" and 1 in given[\"contractVersions\"]:", "if method == \"initialize\":",
            "it refuses"
        ),
        ("\"contractVersion\": 1", "\"contractVersion\": max(given[\"contractVersions\"])", "it chooses 1"),
        ("else -32601", "else -32000", "error -32601"), ("\"status\": 200", "\"status\": 99", "GET /hello-python"),
        ("[[\"content-type\", \"text/plain\"]]", "[[\"content-type\", \"a\\nb\"]]", "GET /hello-python"),
        ("\"body\": text", "\"body\": 5", "GET /hello-python"),
        ("if message.get(\"method\") == \"chunk\":", "if False:", "in chunks"),
        ("for message in receive():", "print(\"started\")\nfor message in receive():", "nothing else to its output"),
        (
            "    if message.get(\"method\") == \"shutdown\":\n        break",
            "    if message.get(\"method\") == \"shutdown\":\n        import time; time.sleep(60)",
            "it answers shutdown"
        ),
        ("        yield message", "        yield message\n    import time; time.sleep(60)", "its input ends"),
        ("\"configure\", \"parts.changed\"", "\"configure\"", "its parts"),
        ("(\"configure\", \"parts", "(\"parts", "its configuration"),
        ("    if \"id\" in message:\n", "    if message[\"id\"]:\n", "events and notifications"),
        (
            "    if method == \"rpc.handle\":", "    if method == \"rpc.handle\":\n        sys.exit(3)",
            "POST /hello-python"
        ),
    ]

    @Test(arguments: faults.indices)
    func `a plugin that is wrong fails in the check for that`(index: Int) async throws {
        let fault = Self.faults[index]
        let report = await Self.check(
            try .python(code: [(fault.old, fault.new)]), patience: .seconds(2), grace: .seconds(1))
        #expect(
            Self.failures(report).contains { $0.contains(fault.check) },
            "\(report.lines.map(\.text).joined(separator: "\n"))")
    }

    @Test func `a call that the manifest does not ask for fails, one that it asks for is answered`() async throws {
        let call = """
            for message in receive():
                if "method" not in message:
                    print(message, file=sys.stderr)
                    continue
                if message["method"] == "ping":
                    send({"id": "a", "method": "machine.list", "params": {}})
            """
        let changes = [("for message in receive():", call)]
        let unasked = await Self.check(try .python(code: changes))
        #expect(Self.failures(unasked).count == 1 && Self.failures(unasked)[0].contains("machine.list"))
        let asked = await Self.check(
            try .python(code: changes, manifest: [("routes:", "permissions: [\"machine.*\"]\nroutes:")]))
        #expect(Self.failures(asked) == [])
        #expect(asked.log.contains { $0.contains("machines") })
    }

    @Test func `a folder that others may write in is not run`() async throws {
        let plugin = try ExamplePlugin.python()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: plugin.folder.path)
        let report = await Self.check(plugin)
        #expect(report.lines.count == 1 && !report.hasPassed)
    }
}
