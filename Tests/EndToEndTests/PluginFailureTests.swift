// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import TestSupport
import Testing

/// Plugins that are killed, hang, or are asked too much.
@Suite struct PluginFailureTests {
    private static let slowManifest = """
        name: slow
        version: 1.0.0
        description: Answers after as many seconds as it is asked to.
        contract: { from: 1, to: 1 }
        parts: [rpc]
        command: [python3, program.py]
        routes:
          - { path: /slow, methods: [GET] }
        """

    private static let slowProgram = """
        import json, sys, threading
        lock = threading.Lock()
        def send(id, result):
            with lock:
                print(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}), flush=True)
        for line in sys.stdin:
            call = json.loads(line)
            if call.get("method") == "initialize":
                send(call["id"], {"contractVersion": 1, "name": "slow", "version": "1.0.0"})
            elif call.get("method") == "rpc.handle":
                seconds = float(call["params"]["query"] or 0)
                answer = {"status": 200, "headers": [], "body": "done"}
                timer = threading.Timer(seconds, send, (call["id"], answer))
                timer.daemon = True
                timer.start()
            elif "id" in call:
                send(call["id"], {})
        """

    private func run(
        _ row: [String: JSONValue] = [:], _ body: @Sendable (Gateway) async throws -> Void
    ) async throws {
        var settings = GatewaySettings()
        settings.plugins = [.object(["name": "slow"].merging(row) { $1 })]
        settings.expectsErrors = true
        try await withGateway(settings) { gateway in
            try gateway.write(plugin: "slow", manifest: Self.slowManifest, program: Self.slowProgram)
            #expect(try await gateway.command("plugin", "reload").end == .status(0))
            try await gateway.waitFor("slow", "healthy")
            try await body(gateway)
        }
    }

    @Test func `a plugin that is killed fails its calls at once, and answers again`() async throws {
        try await run { gateway in
            let clock = ContinuousClock()
            let daemon = try #require(gateway.child?.pid)
            let process = try #require(try await gateway.plugin("slow")["process"]?.intValue)
            try await withThrowingTaskGroup(of: (status: Int, text: String, at: ContinuousClock.Instant).self) {
                group in
                for _ in 0..<64 {
                    group.addTask {
                        let answer = try await gateway.get("/slow?30")
                        return (answer.status, answer.text, clock.now)
                    }
                }
                try await eventually("all calls are under way") {
                    try await gateway.plugin("slow")["inFlight"] == 64
                }
                let killed = clock.now
                Glibc.kill(pid_t(process), SIGKILL)
                for try await answer in group {
                    #expect(answer.status == 502)
                    #expect(answer.text.contains("slow"))
                    // Not by their deadline, which is half a minute away.
                    #expect(killed.duration(to: answer.at) < .seconds(10))
                }
                #expect(try await gateway.get("/slow?0").text == "done")
            }
            #expect(try await gateway.plugin("slow")["restarts"] == 1)
            #expect(!ProcessTree.descendants(of: daemon).contains(pid_t(process)))
        }
    }

    @Test func `no process outlives a host that is killed`() async throws {
        try await run { gateway in
            let daemon = try #require(gateway.child?.pid)
            let processes = ProcessTree.descendants(of: daemon)
            #expect(!processes.isEmpty)
            await gateway.kill()
            try await eventually("all are gone") { processes.filter(ProcessTree.isAlive).isEmpty }
            try await gateway.start()
            try await gateway.waitFor("slow", "healthy")
            #expect(try await gateway.get("/slow").text == "done")
        }
    }

    @Test func `a plugin that is asked too much turns others away, and one that is slow is not waited for`()
        async throws
    {
        try await run(["queue": ["inFlight": 1, "waiting": 1], "timeouts": ["call": 2]]) { gateway in
            try await withThrowingTaskGroup(of: WireAnswer.self) { group in
                for _ in 0..<6 { group.addTask { try await gateway.get("/slow?20") } }
                var statuses: [Int] = []
                for try await answer in group {
                    statuses.append(answer.status)
                    #expect(answer.text.contains("slow"))
                    if answer.status == 503 { #expect(answer["retry-after"].flatMap { Int($0) } != nil) }
                }
                #expect(statuses.filter { $0 == 503 }.count == 4, "\(statuses)")
                #expect(statuses.filter { $0 == 504 }.count == 2, "\(statuses)")
            }
        }
    }

    @Test func `a hundred times on and off leave nothing behind, and a console never notices`() async throws {
        var settings = GatewaySettings()
        settings.staged = ["Examples/hello-swift"]
        settings.plugins = [["name": "hello-swift"]]
        try await withGateway(settings) { gateway in
            let admin = try await gateway.admin()
            let daemon = try #require(gateway.child?.pid)
            let console = try await admin.console(gateway.machine())
            func cycle(_ number: Int) async throws {
                try await admin.call("plugin.modify", ["name": "hello-swift", "enabled": false])
                try await admin.call("plugin.modify", ["name": "hello-swift", "enabled": true])
                let text = "still here \(number)"
                try await console.send(text)
                #expect(try await console.bytes(text.utf8.count) == Array(text.utf8))
                #expect(try await gateway.get("/hello-swift").status == 200)
            }
            for number in 0..<10 { try await cycle(number) }
            let (before, processes) = (ProcessTree.usage(of: daemon), ProcessTree.descendants(of: daemon).count)
            for number in 0..<100 { try await cycle(number) }
            let after = ProcessTree.usage(of: daemon)
            // A connection or a thread of the pool may come and go; a hundred would show.
            #expect(after.descriptors <= before.descriptors + 10, "\(before) \(after)")
            #expect(after.threads <= before.threads + 10, "\(before) \(after)")
            #expect(ProcessTree.descendants(of: daemon).count == processes)
            await console.connection.close()
        }
    }
}
