// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost
import Testing

@Suite(.timeLimit(.minutes(2))) struct PluginFailureTests {
    private static func impatient(_ name: String, _ change: (inout PluginRow) -> Void = { _ in }) -> PluginRow {
        TestHost.row(name) { row in
            row.restart.most = 2
            row.restart.firstDelay = .milliseconds(10)
            row.timeouts.shutdown = .milliseconds(500)
            change(&row)
        }
    }

    private static func host(_ mode: String) throws -> TestHost {
        let row = impatient("odd") { if mode == "silent" { $0.timeouts.start = .milliseconds(500) } }
        return try TestHost([.init(name: "odd", mode: mode)], rows: [row])
    }

    @Test(
        arguments: [
            ("exits", "ended with status 5"), ("silent", "did not answer initialize in time"),
            ("refuses", "the moon is in the wrong phase"), ("version", "version 7 of the contract"),
            ("garbage", "lines on its output that are no messages"),
        ])
    func `a plugin that can not be run is failed, says why, and leaves nothing behind`(
        mode: String, says: String
    ) async throws {
        try await Self.host(mode).run { test in
            let status = try await test.wait("odd", for: .failed)
            #expect(status.state == .failed && status.error?.contains(says) == true, "\(status.error ?? "")")
            #expect(try await test.eventually { try await test.host.plugin(named: "odd").process == nil })
            let refusal = await #expect(throws: GatehouseError.self) { try await test.get("/odd") }
            #expect(refusal?.code == .pluginFailed && refusal?.message.contains("odd") == true)
            #expect(try await test.log("odd").contains { $0.contains("is failed") })
        }
    }

    @Test func `one that was mended runs after a restart`() async throws {
        try await Self.host("exits").run { test in
            let failed = try await test.wait("odd", for: .failed)
            #expect(failed.figures.restarts == 2 && failed.error?.contains("2 times within 60 s") == true)
            #expect(try await test.log("odd").contains("I am off"))
            try test.put(.init(name: "odd"))
            _ = try await test.host.restart("odd")
            #expect(try await test.get("/odd") == "plain:GET:")
        }
    }

    @Test func `a line that is too long costs that line only`() async throws {
        try await Self.host("longline").run { test in
            try await test.wait("odd", for: .healthy)
            #expect(try await test.get("/odd") == "longline:GET:")
            #expect(try await test.log("odd").contains { $0.contains("longer than 1048576 bytes") })
        }
    }

    @Test func `one that does not answer pings is degraded, then killed and started again`() async throws {
        let row = Self.impatient("odd") { $0.timeouts.ping = .milliseconds(150) }
        try await TestHost([.init(name: "odd", mode: "deaf")], rows: [row]).run { test in
            let degraded = try await test.wait("odd", for: .degraded)
            #expect(degraded.state == .degraded && degraded.error?.contains("does not answer pings") == true)
            #expect(try await test.eventually { try await test.host.plugin(named: "odd").figures.restarts > 0 })
        }
    }

    @Test func `an answer that breaks the contract is an error that names the plugin`() async throws {
        try await Self.host("plain").run { test in
            try await test.wait("odd", for: .healthy)
            let refusal = await #expect(throws: GatehouseError.self) { try await test.get("/odd/wrong") }
            #expect(refusal?.code == .pluginFailed && refusal?.message.contains("odd") == true)
            #expect(try await test.get("/odd") == "plain:GET:")
            #expect(try await test.host.plugin(named: "odd").figures.failures == 1)
        }
    }

    @Test func `a request that takes too long ends with a timeout, and the plugin goes on`() async throws {
        let row = Self.impatient("odd") { $0.timeouts.call = .milliseconds(300) }
        try await TestHost([.init(name: "odd")], rows: [row]).run { test in
            try await test.wait("odd", for: .healthy)
            let refusal = await #expect(throws: GatehouseError.self) { try await test.get("/odd/hang") }
            #expect(refusal?.code == .timeout)
            #expect(try await test.get("/odd") == "plain:GET:")
        }
    }

    @Test func `a kill with 64 requests under way fails those only, and it answers again`() async throws {
        try await TestHost([.init(name: "odd")]).run { test in
            let process = try #require(try await test.wait("odd", for: .healthy).process)
            try await withThrowingTaskGroup(of: GatehouseError?.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        do {
                            _ = try await test.get("/odd/hang")
                            return nil
                        } catch {
                            return error as? GatehouseError
                        }
                    }
                }
                #expect(try await test.eventually { try await test.host.plugin(named: "odd").figures.inFlight == 64 })
                // One that the plugin never got is handed to the next process, and hangs there.
                #expect(try await test.eventually { try await test.log("odd").count { $0 == "hangs" } == 64 })
                signal(process, "KILL")
                for try await failure in group {
                    #expect(failure?.code == .pluginFailed && failure?.message.contains("odd") == true)
                }
            }
            // This one waits until the plugin is back.
            #expect(try await test.get("/odd") == "plain:GET:")
            let status = try await test.host.plugin(named: "odd")
            #expect(status.figures.failures == 64 && status.figures.restarts == 1 && status.figures.inFlight == 0)
        }
    }

    @Test func `more requests than may wait are turned away at once`() async throws {
        let row = Self.impatient("odd") { row in
            row.queue.inFlight = 2
            row.queue.waiting = 3
        }
        try await TestHost([.init(name: "odd")], rows: [row]).run { test in
            try await test.wait("odd", for: .healthy)
            let outcomes = await withTaskGroup(of: GatehouseError.Code?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        do {
                            _ = try await test.get("/odd/slow", query: "0.3")
                            return nil
                        } catch {
                            return (error as? GatehouseError)?.code
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == nil } == 5)
            #expect(outcomes.count { $0 == .limitExceeded } == 7)
        }
    }

    @Test func `a row without a folder, a pin that does not fit and a wrong configuration are failed`() async throws {
        let rows = [
            TestHost.row("missing"), TestHost.row("pinned") { $0.digest = String(repeating: "0", count: 64) },
            TestHost.row("strict") { $0.configuration = ["colour": "red"] },
        ]
        let plugins = [TestHost.Plugin(name: "pinned"), .init(name: "strict")]
        try await TestHost(plugins, rows: rows).run { test in
            let missing = try await test.wait("missing", for: .failed)
            #expect(missing.error?.contains("holds a plugin named missing") == true)
            let pinned = try await test.wait("pinned", for: .failed)
            #expect(pinned.error?.contains("the table allows 0000") == true)
            let strict = try await test.wait("strict", for: .failed)
            #expect(strict.error?.contains("config") == true)
        }
    }
}
