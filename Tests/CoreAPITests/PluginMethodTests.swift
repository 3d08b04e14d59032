// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import Store
import Synchronization
import TestSupport
import Testing

/// A plugin table that keeps what it is told.
final class FakePlugins: PluginControl {
    private let table: Mutex<[String: PluginStatus]>
    /// What was asked of it, in order.
    let asked = Mutex<[String]>([])

    init(_ plugins: [PluginStatus]) { table = Mutex(Dictionary(uniqueKeysWithValues: plugins.map { ($0.name, $0) })) }

    func plugins() -> [PluginStatus] { table.withLock { $0.values.sorted { $0.name < $1.name } } }
    func plugin(named name: String) throws -> PluginStatus {
        guard let found = table.withLock({ $0[name] }) else { throw GatehouseError.pluginNotFound }
        return found
    }
    func modify(_ name: String, _ change: PluginChange) throws -> PluginStatus {
        var status = try plugin(named: name)
        status.changed = change
        if let enabled = change.enabled { status.switches.enabled = enabled }
        for (part, isOn) in change.parts {
            if isOn { status.switches.parts.insert(part) } else { status.switches.parts.remove(part) }
        }
        if let permissions = change.permissions { status.granted = permissions }
        table.withLock { $0[name] = status }
        return status
    }
    func reset(_ name: String?) { asked.withLock { $0.append("reset \(name ?? "all")") } }
    func reload() { asked.withLock { $0.append("reload") } }
    func restart(_ name: String) throws -> PluginStatus { try plugin(named: name) }
    func log(_ name: String, limit: Int, after: Int64?) throws -> [PluginLogLine] {
        _ = try plugin(named: name)
        return [
            PluginLogLine(number: (after ?? 0) + 1, at: Date(timeIntervalSince1970: 0), isFromHost: true, text: "l")
        ]
    }
    var sandbox: SandboxAvailability { .unavailable(reason: "not here") }

    /// A plugin that is on, with a page, and one that is off.
    static var two: FakePlugins {
        var one = PluginStatus(name: "one", since: Date(timeIntervalSince1970: 0))
        one.parts = [.frontend, .rpc]
        one.switches = PluginSwitches(enabled: true)
        one.state = .healthy
        one.asked = ["machine.list"]
        one.granted = ["machine.list"]
        one.pages = [PluginPage(name: "home", title: "Home", file: "index.html", module: "page.js", menu: "Home")]
        var two = PluginStatus(name: "two", since: Date(timeIntervalSince1970: 0))
        two.error = "secret place"
        return FakePlugins([one, two])
    }
}

@Suite struct PluginMethodTests {
    @Test func `a superuser sees every plugin, others those that are on and no more than that`() async throws {
        try await APIFixture.run(plugins: FakePlugins.two) { fixture in
            let all = try await fixture.call("plugin.list", as: fixture.root)
            #expect(all["plugins"]?.arrayValue?.compactMap { $0["name"]?.stringValue } == ["one", "two"])
            #expect(all["sandbox"] == ["available": false, "reason": "not here"])
            let some = try #require(try await fixture.call("plugin.list", as: fixture.plain)["plugins"]?.arrayValue)
            #expect(some.count == 1)
            #expect(some[0]["state"] == "healthy" && some[0]["rpc"] == true && some[0]["poller"] == false)
            #expect(some[0]["granted"] == nil && some[0]["error"] == nil && some[0]["folder"] == nil)
            #expect(await fixture.failure("plugin.show", ["name": "two"], as: fixture.plain) == .pluginNotFound)
            #expect(try await fixture.call("plugin.show", ["name": "one"], as: fixture.plain)["log"] == nil)
            let shown = try await fixture.call("plugin.show", ["name": "two"], as: fixture.root)
            #expect(shown["log"]?.arrayValue?.first?["text"] == "l")
            #expect(await fixture.failure("plugin.show", ["name": "no"], as: fixture.root) == .pluginNotFound)
        }
    }

    @Test func `switches and permissions change one by one, and nothing at all is refused`() async throws {
        try await APIFixture.run(plugins: FakePlugins.two) { fixture in
            let changed = try await fixture.call(
                "plugin.modify", ["name": "one", "rpc": false, "permissions": ["machine.show"]], as: fixture.root)
            #expect(changed["plugin"]?["rpc"] == false && changed["plugin"]?["frontend"] == true)
            #expect(changed["plugin"]?["changed"] == ["rpc": false, "permissions": ["machine.show"]])
            #expect(changed["plugin"]?["granted"] == ["machine.show"])
            #expect(
                await fixture.failure("plugin.modify", ["name": "one"], as: fixture.root)?.code == .invalidParameters)
            #expect(try await fixture.audit().contains { $0.action == "plugin.modify" && $0.target == "name=one" })
        }
    }

    @Test func `a change through the plugin itself says so, so that it can answer before it ends`() async throws {
        let plugins = FakePlugins.two
        try await APIFixture.run(plugins: plugins) { fixture in
            let session = try #require(fixture.root.session)
            for (name, isThroughItself) in [("one", true), ("two", false)] {
                let client = Principal(
                    identity: .session(session), user: fixture.root.user, address: "192.0.2.1", plugin: "one")
                try await fixture.call("plugin.modify", ["name": .string(name), "enabled": false], as: client)
                #expect(try plugins.plugin(named: name).changed?.isThroughItself == isThroughItself)
            }
        }
    }

    @Test func `pages come and go with the frontend part, and are modules only where trusted`() async throws {
        try await APIFixture.run(plugins: FakePlugins.two) { fixture in
            let pages = try #require(try await fixture.call("plugin.pages", as: fixture.plain)["pages"]?.arrayValue)
            #expect(pages.count == 1 && pages[0]["url"] == "/plugin-files/one/index.html")
            #expect(pages[0]["module"] == .null && pages[0]["permissions"] == ["machine.list"])
            try await fixture.call("plugin.modify", ["name": "one", "frontend": false], as: fixture.root)
            #expect(try await fixture.call("plugin.pages", as: fixture.plain)["pages"] == [])
        }
    }

    @Test func `an event shows a plugin to those who may see it`() async throws {
        try await APIFixture.run(plugins: FakePlugins.two) { fixture in
            let forRoot = await fixture.api.render(.pluginChanged("two"), for: fixture.root)
            #expect(forRoot?.data["plugin"]?["error"] == "secret place")
            let forPlain = await fixture.api.render(.pluginChanged("two"), for: fixture.plain)
            #expect(forPlain?.data == ["name": "two", "plugin": .null])
        }
    }
}

@Suite struct DispatcherTests {
    private static func client(_ plugin: String = "zentific") -> Principal {
        Principal(identity: .anonymous, address: "192.0.2.9", userAgent: "script", plugin: plugin)
    }

    private static let login: [String: JSONValue] = [
        "name": "plain", "password": .string(TestCore.password), "form": "uuid",
    ]

    @Test func `a client behind a plugin logs in, comes back by its secret, and logs out`() async throws {
        try await APIFixture.run { fixture in
            let dispatcher = fixture.api.dispatcher
            let made = try await dispatcher.call("session.login", Self.login, as: Self.client())
            let secret = try #require(made.value["secret"]?.stringValue)
            #expect(UUID(uuidString: secret) != nil)
            #expect(made.principal?.user?.name == "plain" && made.principal?.plugin == "zentific")
            #expect(made.principal?.session?.kind == "zentific")
            let known = try await dispatcher.call(
                "session.resume", ["secret": .string(secret)], as: Self.client())
            #expect(known.principal?.session?.id == made.principal?.session?.id)
            let gone = try await dispatcher.call("session.logout", [:], as: try #require(known.principal))
            #expect(gone.principal?.identity == .anonymous && gone.principal?.plugin == "zentific")
            await #expect(throws: GatehouseError.self) {
                _ = try await dispatcher.call("session.resume", ["secret": .string(secret)], as: Self.client())
            }
        }
    }

    @Test func `one plugin's session opens neither another's nor the web API`() async throws {
        try await APIFixture.run { fixture in
            let made = try await fixture.api.dispatcher.call(
                "session.login", Self.login.merging(["form": "base64url"]) { $1 }, as: Self.client())
            let secret = try #require(made.value["secret"]?.stringValue)
            let other = await Self.code {
                try await fixture.api.dispatcher.call(
                    "session.resume", ["secret": .string(secret)], as: Self.client("ganeti"))
            }
            #expect(other == .unauthenticated)
            for kind in ["web", "zentific"] {
                let known = await fixture.test.core.sessions.principal(
                    token: secret, kind: kind, address: "192.0.2.9", userAgent: "")
                #expect(known == nil)
            }
        }
    }

    @Test func `a legacy session that has run out is told from one that never was`() async throws {
        try await APIFixture.run { fixture in
            let dispatcher = fixture.api.dispatcher
            let made = try await dispatcher.call("session.login", Self.login, as: Self.client())
            let secret = try #require(made.value["secret"])
            fixture.test.clock.advance(.seconds(3600))
            #expect(
                await Self.code { try await dispatcher.call("session.resume", ["secret": secret], as: Self.client()) }
                    == .expired)
            await fixture.test.core.sessions.tick()
            #expect(
                await Self.code { try await dispatcher.call("session.resume", ["secret": secret], as: Self.client()) }
                    == .expired)
            #expect(
                await Self.code {
                    try await dispatcher.call(
                        "session.resume", ["secret": .string(UUID().uuidString)], as: Self.client())
                } == .unauthenticated)
        }
    }

    @Test func `failed logins count by the client's own address`() async throws {
        try await APIFixture.run { fixture in
            let wrong = Self.login.merging(["password": "wrong"]) { $1 }
            for _ in 0..<5 {
                #expect(
                    await Self.code { try await fixture.api.dispatcher.call("session.login", wrong, as: Self.client()) }
                        == .unauthenticated)
            }
            #expect(
                await Self.code {
                    try await fixture.api.dispatcher.call("session.login", Self.login, as: Self.client())
                } == .rateLimited)
            var elsewhere = Self.client()
            elsewhere = Principal(identity: .anonymous, address: "192.0.2.10", plugin: elsewhere.plugin)
            _ = try await fixture.api.dispatcher.call("session.login", Self.login, as: elsewhere)
        }
    }

    @Test func `a plugin does for itself what it was granted, and nothing else`() async throws {
        try await APIFixture.run { fixture in
            let plugin = Principal(
                identity: .plugin(PluginIdentity(name: "p", permissions: ["machine.list", "node.*"])), address: "local")
            let list = try await fixture.call("machine.list", as: plugin)
            #expect(list["machines"]?.arrayValue?.count == 3)
            _ = try await fixture.call("node.list", as: plugin)
            for method in fixture.methods
            where method.name != "machine.list" && !method.name.hasPrefix("node.") && method.name != "api.describe" {
                let machine = try await fixture.address("web")
                let error = await fixture.failure(method.name, method.fitting(machine: machine), as: plugin)
                #expect(error?.code == .forbidden, "\(method.name)")
            }
        }
    }

    @Test func `even one that was granted everything can neither log in nor set up`() async throws {
        try await APIFixture.run { fixture in
            let plugin = Principal(
                identity: .plugin(PluginIdentity(name: "p", permissions: ["*"])), address: "local")
            for (method, parameters) in [
                ("session.login", Self.login), ("session.resume", ["secret": "x"]), ("setup.makeToken", [:]),
            ] { #expect(await fixture.failure(method, parameters, as: plugin)?.code == .forbidden, "\(method)") }
            #expect(await fixture.failure("setup.status", as: Self.client())?.code == .forbidden)
            #expect(await fixture.failure("session.login", Self.login, as: Self.client("web"))?.code == .forbidden)
            #expect(await fixture.failure("session.resume", ["secret": "x"], as: fixture.root)?.code == .forbidden)
        }
    }

    @Test func `plugins hear what happens as somebody who may see everything`() async throws {
        try await APIFixture.run { fixture in
            let events = try fixture.api.dispatcher.events()
            let machine = try await fixture.test.machine("web")
            fixture.test.core.bus.publish(.machineChanged(machine.id))
            fixture.api.dispatcher.pluginChanged("nobody")
            var topics: [String] = []
            for await event in events {
                topics.append(event.topic)
                if event.topic == "plugin.changed" { break }
            }
            #expect(topics.contains("machine.changed"))
        }
    }

    private static func code(_ body: () async throws -> DispatchResult) async -> GatehouseError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? GatehouseError)?.code
        }
    }
}

@Suite struct SettingMethodTests {
    @Test func `a setting is kept, counts at once, and goes back to what the file says`() async throws {
        try await APIFixture.run { fixture in
            let before = try await fixture.call("setting.get", ["name": "sessionIdleMinutes"], as: fixture.plain)
            #expect(before["setting"]?["value"] == 15 && before["setting"]?["default"] == true)
            try await fixture.call("setting.set", ["name": "sessionIdleMinutes", "value": 1], as: fixture.root)
            let session = try #require(fixture.root.session)
            #expect(fixture.test.core.sessions.idleEnd(of: session) == session.lastActiveAt.addingTimeInterval(60))
            #expect(try await fixture.test.store.settings()["setting.sessionIdleMinutes"] == 1)
            try await fixture.call("setting.set", ["name": "sessionIdleMinutes"], as: fixture.root)
            #expect(fixture.test.core.sessions.idleEnd(of: session) == session.lastActiveAt.addingTimeInterval(900))
            #expect(try await fixture.test.store.settings()["setting.sessionIdleMinutes"] == nil)
        }
    }

    @Test func `what does not fit, is fixed, or is not there is refused`() async throws {
        try await APIFixture.run { fixture in
            for (name, value) in [
                ("sessionIdleMinutes", 0), ("sessionIdleMinutes", "15"), ("language", ""), ("proxied", true),
            ] as [(String, JSONValue)] {
                let error = await fixture.failure(
                    "setting.set", ["name": .string(name), "value": value], as: fixture.root)
                #expect(error?.code == .invalidParameters, "\(name)")
            }
            let unknown = await fixture.failure("setting.set", ["name": "no", "value": 1], as: fixture.root)
            #expect(unknown?.code == .notFound)
        }
    }

    @Test func `some settings only superusers read`() async throws {
        try await APIFixture.run { fixture in
            #expect(await fixture.failure("setting.get", ["name": "nodeUser"], as: fixture.plain)?.code == .forbidden)
            let names = try await fixture.call("setting.list", as: fixture.plain)["settings"]?.arrayValue?
                .compactMap { $0["name"]?.stringValue }
            #expect(names?.contains("language") == true && names?.contains("nodeUser") == false)
            _ = try await fixture.call("setting.get", ["name": "nodeUser"], as: fixture.root)
        }
    }

    @Test func `new users get the language that is set`() async throws {
        try await APIFixture.run { fixture in
            try await fixture.call("setting.set", ["name": "language", "value": "et"], as: fixture.root)
            let made = try await fixture.call(
                "user.create", ["name": "uus", "password": .string(TestCore.password)], as: fixture.root)
            #expect(made["user"]?["language"] == "et")
        }
    }
}
