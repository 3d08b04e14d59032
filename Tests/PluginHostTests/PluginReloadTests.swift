// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginHost
import Synchronization
import Testing

/// Something that is so or not.
private final class Flag: Sendable {
    private let state = Mutex(false)

    var value: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

@Suite(.timeLimit(.minutes(2))) struct PluginReloadTests {
    @Test func `a new version takes over without a lost request`() async throws {
        try await TestHost([.init(name: "hello", version: "one")]).run { test in
            let first = try await test.wait("hello", for: .healthy)
            let isOver = Flag()
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var count = 0
                        while !isOver.value {
                            _ = try await test.get("/hello/slow", query: "0.02")
                            count += 1
                        }
                        return count
                    }
                }
                try await Task.sleep(for: .milliseconds(100))
                try test.put(.init(name: "hello", version: "two"))
                #expect(try await test.host.plugin(named: "hello").isReloadPending)
                try await test.host.reload()
                try await Task.sleep(for: .milliseconds(100))
                isOver.value = true
                return try await group.reduce(0, +)
            }
            #expect(answers > 8)
            let second = try await test.host.plugin(named: "hello")
            #expect(second.state == .healthy && second.digest != first.digest && !second.isReloadPending)
            #expect(second.process != first.process && second.figures.failures == 0)
            #expect(!isThere(try #require(first.process)))
            #expect(try await test.json("/hello/state")["version"] == "two")
            let kept = try FileManager.default.contentsOfDirectory(atPath: "\(test.directory)/data/plugins/store")
            #expect(kept == [second.digest])
        }
    }

    @Test func `a new version that does not start leaves the old one running`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            let first = try await test.wait("hello", for: .healthy)
            try test.put(.init(name: "hello", mode: "refuses"))
            try await test.host.reload()
            let status = try await test.host.plugin(named: "hello")
            #expect(status.state == .healthy && status.process == first.process && status.isReloadPending)
            #expect(status.error?.contains("wrong phase") == true)
            try test.write("name: [", to: "\(test.directory)/plugins/hello/plugin.yaml")
            try await test.host.reload()
            #expect(try await test.host.plugin(named: "hello").error?.contains("plugin.yaml: line") == true)
            #expect(try await test.get("/hello") == "plain:GET:")
        }
    }

    @Test func `plugins come and go with their folders`() async throws {
        try await TestHost([.init(name: "hello")]).run { test in
            let process = try #require(try await test.wait("hello", for: .healthy).process)
            try test.put(.init(name: "other"))
            try FileManager.default.removeItem(atPath: "\(test.directory)/plugins/hello")
            try await test.host.reload()
            #expect(await test.host.plugins().map(\.name) == ["hello", "other"])
            let missing = try await test.host.plugin(named: "hello")
            #expect(missing.state == .failed && missing.folder == nil && !isThere(process))
            try test.put(.init(name: "hello"))
            try FileManager.default.removeItem(atPath: "\(test.directory)/plugins/other")
            try await test.host.reload()
            #expect(try await test.wait("hello", for: .healthy).state == .healthy)
            #expect(await test.host.plugins().map(\.name) == ["hello"])
        }
    }

    @Test func `pages are served from the copy, only while their part is on`() async throws {
        let plugin = TestHost.Plugin(
            name: "pages", more: "pages: [{ name: main, title: Main, file: index.html }]", parts: ["frontend"])
        let test = try TestHost([plugin])
        let www = "\(test.directory)/plugins/pages/www"
        try test.write("<p>one", to: "\(www)/index.html")
        try test.write(
            "name: pages\nversion: \"1\"\ndescription: P\ncontract: { from: 1, to: 1 }\n"
                + "parts: [frontend]\n" + plugin.more + "\n", to: "\(test.directory)/plugins/pages/plugin.yaml")
        try await test.run { test in
            let status = try await test.wait("pages", for: .healthy)
            #expect(status.process == nil && status.pages.map(\.name) == ["main"])
            let first = try #require(test.host.file(of: "pages", path: "index.html"))
            #expect(String(decoding: first.bytes, as: UTF8.self) == "<p>one")
            #expect(test.host.file(of: "pages", path: "../plugin.yaml") == nil)
            try test.write("<p>two", to: "\(www)/index.html")
            #expect(test.host.file(of: "pages", path: "index.html")?.tag == first.tag)
            try await test.host.reload()
            #expect(test.host.file(of: "pages", path: "index.html")?.tag != first.tag)
            var change = PluginChange()
            change.parts = [.frontend: false]
            _ = try await test.host.modify("pages", change)
            #expect(test.host.file(of: "pages", path: "index.html") == nil)
        }
    }
}
