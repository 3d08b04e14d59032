// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginHost
import Testing

/// Whether a process is there.
func isThere(_ process: Int) -> Bool { FileManager.default.fileExists(atPath: "/proc/\(process)") }

@Suite(.timeLimit(.minutes(2))) struct PluginSwitchTests {
    @Test func `a plugin that is on answers its route`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            let up = try await test.wait("hello", for: .healthy)
            let log = try await test.log("hello")
            try #require(up.state == .healthy, "\(up.error ?? "") \(log)")
            #expect(try await test.get("/hello/x", body: "hi") == "plain:POST:hi")
            let status = try await test.host.plugin(named: "hello")
            #expect(status.process != nil && (status.memoryKiB ?? 0) > 0)
            #expect(status.figures.calls == 1 && status.figures.failures == 0)
            #expect(status.digest?.utf8.count == 64 && !status.isReloadPending && status.error == nil)
        }
    }

    @Test func `off is off when modify answers, and on answers again`() async throws {
        try await TestHost([.init(name: "hello", mode: "family")]).run { test in
            let up = try await test.wait("hello", for: .healthy)
            let process = try #require(up.process)
            #expect(try await test.eventually { children(of: process).count == 8 })
            let family = children(of: process)
            let off = try await test.host.modify("hello", PluginChange(enabled: false))
            #expect(off.state == .disabled && off.process == nil && off.changed?.enabled == false)
            #expect(([process] + family).filter(isThere) == [])
            #expect(test.host.route(for: "/hello", listenerOf: nil) == nil)
            #expect(test.kept.settings()["plugin.hello"] == ["enabled": false])
            _ = try await test.host.modify("hello", PluginChange(enabled: true))
            #expect(try await test.get("/hello") == "family:GET:")
        }
    }

    @Test func `a plugin that will not go is killed after its grace time`() async throws {
        let row = TestHost.row("hello") { $0.timeouts.shutdown = .milliseconds(300) }
        try await TestHost([.init(name: "hello", mode: "stubborn")], rows: [row]).run { test in
            let process = try #require(try await test.wait("hello", for: .healthy).process)
            let off = try await test.host.modify("hello", PluginChange(enabled: false))
            #expect(off.state == .disabled && !isThere(process))
            #expect(try await test.log("hello").contains { $0.contains("was killed") })
        }
    }

    @Test func `a request under way is answered while its plugin is switched off`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            try await test.wait("hello", for: .healthy)
            async let answer = test.get("/hello/slow", query: "0.5")
            #expect(try await test.eventually { try await test.host.plugin(named: "hello").figures.inFlight == 1 })
            _ = try await test.host.modify("hello", PluginChange(enabled: false))
            #expect(try await answer == "plain:GET:")
            await #expect(throws: GatehouseError.self) { try await test.get("/hello") }
        }
    }

    @Test func `parts switch singly while the process goes on`() async throws {
        let plugin = TestHost.Plugin(
            name: "hello", more: "jobs: [\"*\"]\npermissions: [job.claim]", parts: ["rpc", "scheduler"])
        try await TestHost([plugin]).run { test in
            let process = try #require(try await test.wait("hello", for: .healthy).process)
            var change = PluginChange()
            change.parts = [.scheduler: false]
            _ = try await test.host.modify("hello", change)
            #expect(try await test.json("/hello/state")["parts"] == ["rpc"])
            #expect(try await test.json("/hello/claim")["error"]?["data"]?["code"] == "conflict")
            #expect(test.core.calls.isEmpty)
            change.parts = [.rpc: false, .scheduler: true]
            let status = try await test.host.modify("hello", change)
            #expect(status.process == process && status.isOn(.scheduler) && !status.isOn(.rpc))
            #expect(test.host.route(for: "/hello", listenerOf: nil) == nil)
            try await test.host.reset("hello")
            #expect(try await test.json("/hello/state")["parts"] == ["rpc", "scheduler"])
            #expect(test.kept.settings().isEmpty)
        }
    }

    @Test func `a change of a part that is not there, or of an unknown plugin, is refused`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            var change = PluginChange()
            change.parts = [.poller: true]
            let refusal = await #expect(throws: GatehouseError.self) { try await test.host.modify("hello", change) }
            #expect(refusal?.code == .invalidParameters && refusal?.details["parameter"] == "poller")
            let missing = await #expect(throws: GatehouseError.self) {
                try await test.host.modify("nobody", PluginChange(enabled: true))
            }
            #expect(missing?.code == .notFound)
            change = PluginChange(permissions: ["not a permission"])
            await #expect(throws: GatehouseError.self) { try await test.host.modify("hello", change) }
            #expect(test.kept.settings().isEmpty)
        }
    }

    @Test func `a plugin that is only found is off and has no permissions until somebody switches it on`() async throws
    {
        let test = try TestHost([.init(name: "hello", more: "permissions: [machine.list]")], rows: [])
        try await test.run { test in
            #expect(try await test.eventually { await test.host.plugins().count == 1 })
            let found = try await test.host.plugin(named: "hello")
            #expect(found.state == .disabled && found.declared == nil && found.granted == [])
            #expect(found.asked == ["machine.list"] && found.version == "1.0.0")
            let change = PluginChange(enabled: true, permissions: ["machine.*"])
            _ = try await test.host.modify("hello", change)
            #expect(try await test.wait("hello", for: .healthy).granted == ["machine.list"])
        }
    }

    @Test func `what was changed holds after a start`() async throws {
        let test = try TestHost([.init(name: "hello")])
        test.kept.setSetting("plugin.hello", to: ["enabled": false])
        try await test.run { test in
            let status = try await test.host.plugin(named: "hello")
            #expect(status.state == .disabled && status.declared?.enabled == true)
            #expect(test.core.changed.contains("hello"))
        }
    }

    @Test func `a restart ends the process and starts another, and requests wait for it`() async throws {
        try await TestHost([.init(name: "hello", mode: "slowstart")]).run { test in
            let first = try #require(try await test.wait("hello", for: .healthy).process)
            let restarted = try await test.host.restart("hello")
            #expect(restarted.state == .starting && !isThere(first))
            #expect(try await test.get("/hello") == "slowstart:GET:")
            #expect(try await test.host.plugin(named: "hello").process != first)
        }
    }

    @Test func `the end of the host ends every process`() async throws {
        let test = try TestHost([.init(name: "hello", mode: "family"), .init(name: "other", mode: "stubborn")])
        var processes: [Int] = []
        try await test.run { test in
            for name in ["hello", "other"] {
                let process = try #require(try await test.wait(name, for: .healthy).process)
                let size = name == "hello" ? 8 : 0
                #expect(try await test.eventually { children(of: process).count == size })
                processes += [process] + children(of: process)
            }
        }
        #expect(processes.count == 10 && processes.filter(isThere) == [])
    }

    @Test func `listeners are wanted while the plugin is on, and the second for one place is refused`() async throws {
        let rows = ["hello", "other"].map { name in
            TestHost.row(name) {
                $0.listeners = [PluginListener(plugin: name, address: "127.0.0.1", port: 4444, isTLS: false)]
            }
        }
        try await TestHost([.init(name: "hello"), .init(name: "other")], rows: rows).run { test in
            try await test.wait("other", for: .healthy)
            var listeners = test.host.listeners().makeAsyncIterator()
            #expect(await listeners.next()?.map(\.plugin) == ["hello"])
            #expect(try await test.host.plugin(named: "other").error?.contains("belongs to the plugin hello") == true)
            _ = try await test.host.modify("hello", PluginChange(enabled: false))
            #expect(await listeners.next()?.map(\.plugin) == ["other"])
            #expect(test.host.route(for: "/other/x", listenerOf: "other") != nil)
            #expect(test.host.route(for: "/other/x", listenerOf: "hello") == nil)
            #expect(test.host.route(for: "/otherwise", listenerOf: nil) == nil)
        }
    }
}
