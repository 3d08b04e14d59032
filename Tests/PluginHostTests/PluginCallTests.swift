// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost
import Testing

@Suite(.timeLimit(.minutes(2))) struct PluginCallTests {
    @Test func `a call under a token is the client's, one without is the plugin's own`() async throws {
        let plugin = TestHost.Plugin(name: "hello", more: "permissions: [machine.list]")
        try await TestHost([plugin]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.json("/hello/call", query: "7")["result"] == ["value": "7"])
            #expect(try await test.json("/hello/call", query: "self")["result"] == ["value": "self"])
            let principals = test.core.calls.map(\.principal)
            #expect(principals.first?.identity == .anonymous && principals.first?.address == "192.0.2.7")
            #expect(principals.first?.plugin == "hello" && principals.first?.userAgent == "test")
            let own = PluginIdentity(name: "hello", permissions: ["machine.list"])
            #expect(principals.last?.identity == .plugin(own))
        }
    }

    @Test func `a change of permissions holds from the next call`() async throws {
        let plugin = TestHost.Plugin(name: "hello", more: "permissions: [\"machine.*\"]")
        try await TestHost([plugin]).run { test in
            let process = try await test.wait("hello", for: .healthy).process
            let status = try await test.host.modify("hello", PluginChange(permissions: ["machine.start", "job.claim"]))
            #expect(status.granted == ["machine.start"] && status.process == process)
            _ = try await test.get("/hello/call", query: "self")
            let own = PluginIdentity(name: "hello", permissions: ["machine.start"])
            #expect(test.core.calls.last?.principal.identity == .plugin(own))
        }
    }

    @Test func `a login holds for its token, which dies with the answer`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.json("/hello/login")["result"] == ["name": "alice (local)"])
            #expect(test.core.calls.map(\.principal.plugin) == ["hello", "hello"])
            _ = try await test.get("/hello/keep")
            #expect(try await test.json("/hello/late")["error"]?["data"]?["code"] == "expired")
        }
    }

    @Test func `a job's token is its submitter's until the job is finished`() async throws {
        let plugin = TestHost.Plugin(name: "hello", more: "jobs: [\"*\"]", parts: ["rpc", "scheduler"])
        try await TestHost([plugin]).run { test in
            try await test.wait("hello", for: .healthy)
            let answers = try await test.json("/hello/claim").arrayValue
            #expect(answers?.first?["result"] == ["name": "bob"])
            #expect(answers?.last?["error"]?["data"]?["code"] == "expired")
            test.core.happen("job.cancel", ["job": 12])
            #expect(try await test.eventually { try await test.json("/hello/state")["cancelled"] == [12] })
        }
    }

    @Test func `long messages travel in chunks both ways`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.get("/hello/big", query: "5000000").utf8.count == 5_000_000)
            let body = String(repeating: "\"ä\n", count: 700_000)
            #expect(try await test.get("/hello", body: body) == "plain:POST:\(body)")
        }
    }

    @Test func `a plugin hears the topics of its manifest that it was granted`() async throws {
        let more = """
            permissions: [event.machine.changed, event.job.ready]
            events: [machine.changed, job.ready]
            """
        try await TestHost([.init(name: "hello", more: more)]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(
                try await test.eventually {
                    test.core.happen("node.changed", 1)
                    test.core.happen("machine.changed", ["machine": "m"])
                    return try await test.json("/hello/state")["events"]?.arrayValue?.isEmpty == false
                })
            let events = try await test.json("/hello/state")["events"]?.arrayValue ?? []
            #expect(events.allSatisfy { $0 == ["machine.changed", ["machine": "m"]] })
            _ = try await test.host.modify("hello", PluginChange(permissions: ["event.job.*"]))
            let count = try await test.json("/hello/state")["events"]?.arrayValue?.count ?? 0
            test.core.happen("machine.changed", 1)
            test.core.happen("job.ready", [:])
            #expect(
                try await test.eventually {
                    try await test.json("/hello/state")["events"]?.arrayValue?.count ?? 0 > count
                })
            #expect(try await test.json("/hello/state")["events"]?.arrayValue?.last == ["job.ready", [:]])
        }
    }

    @Test func `polls run on their period, one round at a time, and stop with their part`() async throws {
        let plugin = TestHost.Plugin(
            name: "hello", mode: "slowpoll", more: "polls: [{ name: sample, seconds: 1 }]", parts: ["rpc", "poller"])
        try await TestHost([plugin]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.eventually { try await test.json("/hello/state")["polls"]?.intValue ?? 0 >= 3 })
            #expect(try await test.json("/hello/state")["overlap"] == 0)
            var change = PluginChange()
            change.parts = [.poller: false]
            _ = try await test.host.modify("hello", change)
            let polls = try await test.json("/hello/state")["polls"]
            try await Task.sleep(for: .milliseconds(2500))
            #expect(try await test.json("/hello/state")["polls"] == polls)
        }
    }

    @Test func `a plugin is told its configuration with the defaults`() async throws {
        let more = """
            configuration:
              type: object
              properties: { colour: { type: string, default: blue }, size: { type: integer } }
            """
        let row = TestHost.row("hello") { $0.configuration = ["size": 3] }
        try await TestHost([.init(name: "hello", more: more)], rows: [row]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.json("/hello/state")["configuration"] == ["colour": "blue", "size": 3])
            let data = try #require(try await test.json("/hello/state")["data"]?.stringValue)
            #expect(data == "\(test.directory)/data/plugins/data/hello")
        }
    }

    @Test func `what it writes for people is its log`() async throws {
        try await TestHost([.init(name: "hello", mode: "noisy")]).run { test in
            try await test.wait("hello", for: .healthy)
            #expect(try await test.eventually { try await test.log("hello").contains { $0.hasPrefix("line 2999") } })
            let lines = try await test.host.log("hello", limit: 1000, after: nil)
            #expect(lines.count == 1000 && lines.allSatisfy { !$0.text.contains("\u{1B}") })
            let last = try #require(lines.last)
            #expect(try await test.host.log("hello", limit: 10, after: last.number - 3).count == 3)
        }
    }
}
