// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import TestSupport
import Testing

/// Plugins come, go and fail while everything else stays.
@Suite struct PluginTests {
    private static let hello = "Examples/hello-python"

    @Test func `a plugin that is dropped into the folder can be switched on and off`() async throws {
        try await withGateway { gateway in
            try await gateway.stage([Self.hello])
            #expect(try await gateway.get("/hello-python").status == 404)
            #expect(try await gateway.command("plugin", "reload").output.contains("hello-python"))
            #expect(try await gateway.plugin("hello-python")["state"] == "disabled")
            #expect(try await gateway.get("/hello-python").status == 404)

            let enabled = try await gateway.command("plugin", "enable", "hello-python")
            #expect(enabled.output.hasPrefix("Plugin hello-python is healthy."), "\(enabled.error)")
            let answer = try await gateway.get("/hello-python?name=Ada")
            #expect(answer.text.hasPrefix("Hello, Ada!"))
            #expect(answer["content-security-policy"]?.hasPrefix("sandbox") == true)
            // Longer than a line may be.
            #expect(try await gateway.get("/hello-python?size=3000000").body.count > 3_000_000)

            let list = try await gateway.command("plugin", "list")
            #expect(list.output.contains("FILE SAYS: switched differently here"))
            let daemon = try #require(gateway.child?.pid)
            let processes = ProcessTree.descendants(of: daemon)
            #expect(!processes.isEmpty)
            #expect(try await gateway.command("plugin", "disable", "hello-python").end == .status(0))
            #expect(processes.filter(ProcessTree.isAlive).isEmpty)
            #expect(try await gateway.get("/hello-python").status == 404)
        }
    }

    @Test func `what was switched outlasts a restart, until it is reset`() async throws {
        var settings = GatewaySettings()
        settings.staged = [Self.hello]
        settings.plugins = [["name": "hello-python", "enabled": false, "config": ["greeting": "Servus"]]]
        try await withGateway(settings) { gateway in
            #expect(try await gateway.command("plugin", "enable", "hello-python").end == .status(0))
            #expect(try await gateway.get("/hello-python").text.hasPrefix("Servus"))
            await gateway.stop()
            try await gateway.start()
            try await gateway.waitFor("hello-python", "healthy")
            #expect(try await gateway.get("/hello-python").text.hasPrefix("Servus"))
            #expect(try await gateway.command("plugin", "reset", "hello-python").end == .status(0))
            #expect(try await gateway.get("/hello-python").status == 404)
        }
    }

    @Test func `who is not a superuser sees what is on, and changes nothing`() async throws {
        var settings = GatewaySettings()
        settings.staged = [Self.hello, "Examples/hello-swift"]
        settings.plugins = [["name": "hello-swift"], ["name": "hello-python", "enabled": false]]
        try await withGateway(settings) { gateway in
            let carol = try await gateway.person("carol")
            let seen = try await carol.call("plugin.list")["plugins"]?.arrayValue ?? []
            #expect(seen.map { $0["name"] } == ["hello-swift"])
            #expect(seen.first?["folder"] == nil)
            for method in ["plugin.modify", "plugin.restart", "plugin.reset", "plugin.log"] {
                let parameters: [String: JSONValue] =
                    method == "plugin.modify" ? ["name": "hello-swift", "enabled": false] : ["name": "hello-swift"]
                await expect(.forbidden) { try await carol.call(method, parameters) }
            }
        }
    }

    @Test func `a change in the folder is taken up without a lost request`() async throws {
        var settings = GatewaySettings()
        settings.staged = [Self.hello]
        settings.plugins = [["name": "hello-python"]]
        try await withGateway(settings) { gateway in
            try await gateway.waitFor("hello-python", "healthy")
            let path = "\(gateway.pluginsPath)/hello-python/hello.py"
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try Data(text.replacing("This is greeting", with: "This is the new greeting").utf8)
                .write(to: URL(fileURLWithPath: path))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var failed = 0
                        for _ in 0..<60 where try await gateway.get("/hello-python").status != 200 { failed += 1 }
                        return failed
                    }
                }
                #expect(try await gateway.command("plugin", "reload").end == .status(0))
                for try await failed in group { #expect(failed == 0) }
            }
            #expect(try await gateway.get("/hello-python").text.contains("new greeting"))
        }
    }

    @Test func `pages come and go with their part, and browsers are told`() async throws {
        var settings = GatewaySettings()
        settings.staged = ["Plugins/Overview"]
        settings.plugins = [["name": "overview", "permissions": "asked"]]
        try await withGateway(settings) { gateway in
            let admin = try await gateway.admin()
            let page = try #require(try await admin.call("plugin.pages")["pages"]?.arrayValue?.first)
            let url = try #require(page["url"]?.stringValue)
            #expect(page["module"]?.isNull == true)
            let file = try await gateway.get(url)
            #expect(file.status == 200)
            #expect(file["content-security-policy"]?.hasPrefix("sandbox allow-scripts") == true)
            let events = try await admin.events()
            _ = try await events.next("ready")
            try await admin.call("plugin.modify", ["name": "overview", "frontend": false])
            let told = try JSONParser.parse(try await events.next("plugin.changed").data)
            #expect(told["name"] == "overview")
            #expect(try await admin.call("plugin.pages")["pages"] == [])
            #expect(try await gateway.get(url).status == 404)
            try await admin.call("plugin.modify", ["name": "overview", "frontend": true])
            #expect(try await gateway.get(url).status == 200)
            await events.connection.close()
        }
    }
}
