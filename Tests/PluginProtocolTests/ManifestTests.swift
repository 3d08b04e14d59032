// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import PluginProtocol
import TestRandom
import Testing

@Suite struct ManifestTests {
    /// A manifest with every field.
    static let full = """
        {"name": "hello", "version": "1.0.0", "description": "Says hello.", "contract": {"from": 1, "to": 1},
         "parts": ["rpc", "frontend", "scheduler", "poller"], "command": ["python3", "hello.py"],
         "permissions": ["machine.list", "machine.*", "event.machine.changed", "network"],
         "routes": [{"path": "/hello", "prefix": true, "methods": ["GET"], "requestBytes": 65536, "cookies": ["sessid"]},
                    {"path": "/", "prefix": true, "listener": true}],
         "events": ["machine.changed"], "polls": [{"name": "sample", "seconds": 10}], "jobs": ["*"],
         "pages": [{"name": "overview", "title": "Overview", "file": "index.html", "module": "page.js",
                    "menu": "Overview"}],
         "configuration": {"type": "object", "properties": {"greeting": {"type": "string", "default": "Hello"}},
                           "additionalProperties": false}}
        """

    static func members() throws -> [String: JSONValue] {
        try #require(JSONParser.parse(full).objectValue)
    }

    /// The field that is named where the manifest is changed like this.
    static func refused(_ change: (inout [String: JSONValue]) -> Void) throws -> String? {
        var changed = try members()
        change(&changed)
        do {
            _ = try Manifest(json: .object(changed))
            return nil
        } catch let error as GatehouseError {
            #expect(error.code == .invalidParameters)
            return error.details["parameter"]?.stringValue
        }
    }

    @Test func `a manifest with every field is read`() throws {
        let manifest = try Manifest(json: .object(Self.members()))
        #expect(manifest.name == "hello")
        #expect(manifest.parts == [.rpc, .frontend, .scheduler, .poller])
        #expect(manifest.command == ["python3", "hello.py"])
        #expect(manifest.pluginRoutes[0].cookies == ["sessid"])
        #expect(manifest.pluginRoutes[1].isListenerOnly)
        #expect(manifest.pluginPages[0].menu == "Overview")
        #expect(manifest.polls[0].seconds == 10)
        #expect(manifest.offeredVersions == [1])
    }

    @Test func `what is left out has the defaults that the schema names`() throws {
        let manifest = try Manifest(
            json: [
                "name": "pages", "version": "1", "description": "Pages.", "contract": ["from": 1, "to": 2],
                "parts": ["rpc"], "command": ["./run"], "routes": [["path": "/pages"]],
            ])
        let schema = try Manifest.schema.get()
        #expect(schema.properties["permissions"]?.defaultValue == .array([]))
        let route = try #require(schema.properties["routes"]?.items.first)
        let filled = route.filled(["path": "/pages"])
        #expect(try JSONValueDecoder.decode(Manifest.Route.self, from: filled) == manifest.routes[0])
        #expect(filled == (try JSONValueEncoder.encode(manifest.routes[0])))
    }

    @Test(
        arguments: [
            ("name", "Hello"), ("name", ""), ("name", "a b"), ("name", "1a"), ("name", "api"), ("version", "1 0"),
            ("description", ""), ("description", "two\nlines"), ("description", .int(3)),
            ("contract", ["from": 2, "to": 1]),
            ("contract", ["from": 0, "to": 1]), ("contract", ["from": 1]), ("contract", 1), ("parts", []),
            ("parts", ["rpc", "rpc"]), ("parts", ["rpcs"]), ("parts", ["rpc", "frontend", "scheduler"]),
            ("command", []),
            ("command", ["/bin/sh"]), ("command", ["../run"]), ("command", ["a\u{0}b"]), ("command", nil),
            ("permissions", ["*"]), ("permissions", ["machine"]), ("permissions", ["Machine.list"]),
            ("permissions", ["machine.list "]), ("permissions", ["machine.list", "machine.list"]),
            ("routes", [["path": "/other"]]), ("routes", [["path": "/"]]), ("routes", [["path": "/hello/../api"]]),
            ("routes", [["path": "/hello//x"]]), ("routes", [["path": "/hello/"]]), ("routes", [["path": "/helloo"]]),
            ("routes", [["path": "/hello?x"]]), ("routes", [["path": "/hello/%2e"]]),
            ("routes", [["path": "/hello\n"]]),
            ("routes", [["path": "/hello", "methods": ["BREW"]]]),
            ("routes", [["path": "/hello", "requestBytes": -1]]),
            ("routes", [["path": "/hello", "requestBytes": 99_999_999]]),
            ("routes", [["path": "/hello", "cookie": []]]),
            ("routes", [["path": "/hello", "cookies": ["__Host-gatehouse"]]]), ("routes", []),
            ("routes", [["path": "/hello"], ["path": "/hello", "prefix": true]]), ("events", ["job.changed"]),
            ("events", ["machine"]), ("polls", [["name": "x", "seconds": 0]]),
            ("polls", [["name": "x", "seconds": 86_401]]),
            ("polls", [["name": "x", "seconds": 1], ["name": "x", "seconds": 2]]), ("jobs", ["all"]),
            ("pages", [["name": "p", "title": "P", "file": "/etc/passwd"]]),
            ("pages", [["name": "p", "title": "P", "file": "../x.html"]]),
            ("pages", [["name": "p", "title": "P", "file": ".hidden"]]),
            ("pages", [["name": "p", "title": "P", "file": "a.html", "module": "a.css"]]),
            ("configuration", ["type": "array"]), ("configuration", ["type": "object", "oneOf": []]),
            ("configuration", ["type": "object", "properties": ["a": ["type": "int"]]]),
            ("configuration", ["type": "object", "properties": ["a": ["type": "string", "default": 1]]]), ("route", []),
        ] as [(String, JSONValue)])
    func `a field that is wrong is refused by its name`(field: String, value: JSONValue) throws {
        let named = try Self.refused { members in
            members[field] = value
        }
        let places = ["parts": ["parts", "routes", "polls", "jobs", "pages"], "routes": ["routes", "parts"]]
        #expect((places[field] ?? [field]).contains { named?.hasPrefix($0) == true }, "\(named ?? "nothing") was named")
    }

    @Test func `a configuration is checked and gets its defaults`() throws {
        let manifest = try Manifest(json: .object(Self.members()))
        #expect(try manifest.configured(.null) == ["greeting": "Hello"])
        #expect(try manifest.configured(["greeting": "Hi"]) == ["greeting": "Hi"])
        #expect(throws: GatehouseError.invalidParameter("config.greeting", "config.greeting must be a string.")) {
            try manifest.configured(["greeting": 1])
        }
        #expect(throws: GatehouseError.self) { try manifest.configured(["other": 1]) }
    }

    @Test func `a plugin without a configuration takes none`() throws {
        var members = try Self.members()
        members["configuration"] = nil
        let manifest = try Manifest(json: .object(members))
        #expect(try manifest.configured([:]) == [:])
        #expect(throws: GatehouseError.self) { try manifest.configured(["a": 1]) }
    }

    @Test func `a permission covers what it names and no more`() {
        #expect(Permission("machine.list").covers(method: "machine.list"))
        #expect(!Permission("machine.list").covers(method: "machine.lists"))
        #expect(Permission("machine.*").covers(method: "machine.list"))
        #expect(!Permission("machine.*").covers(method: "machines.list"))
        #expect(!Permission("machine.*").covers(event: "machine.changed"))
        #expect(Permission("event.machine.changed").covers(event: "machine.changed"))
        #expect(Permission("event.*").covers(event: "machine.changed"))
        #expect(!Permission("event.*").covers(method: "event.anything"))
        #expect(Permission.granted(["machine.*"], asked: ["machine.list", "network"]) == ["machine.list"])
    }

    @Test func `no manifest, however random, does more than throw`() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            var members = try Self.members()
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                guard let key = members.keys.sorted().randomElement(using: &generator) else { continue }
                members[key] = generator.jsonValue(depth: 3)
            }
            do { _ = try Manifest(json: .object(members)) } catch { #expect(error is GatehouseError) }
        }
    }
}
