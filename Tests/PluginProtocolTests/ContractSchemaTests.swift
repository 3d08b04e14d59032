// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import PluginProtocol
import Testing

@Suite struct ContractSchemaTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/plugin-contract.schema.json").standardized

    /// A sample of every kind of message, as the types write it.
    private static func samples() throws -> [(name: String, message: Message)] {
        let request = RouteRequest(
            method: "GET", path: "/hello", headers: [("accept", "*/*")], body: [0xFF], address: "192.0.2.1")
        let initialize = InitializeCall(
            hostVersion: "1", plugin: "hello", configuration: [:], parts: [.rpc], dataDirectory: "/data")
        return [
            ("initialize", try initialize.message(id: 1)),
            ("rpc.handle", try HandleCall(request, callToken: "t").message(id: 2)),
            ("poll.run", try PollCall(poll: "p", at: "2026-11-21T10:00:00Z").message(id: 3)),
            ("configure", try ConfigureCall(configuration: [:]).message(id: 4)),
            ("parts.changed", try PartsChangedCall(parts: [.poller]).message(id: 5)),
            ("ping", try PingCall().message(id: 6)), ("shutdown", try ShutdownCall().message(id: 7)),
            ("event", EventNotice(topic: "machine.changed", data: []).message),
            ("job.cancel", JobCancelNotice(job: 1).message),
            ("chunk", ChunkNotice(of: "1", number: 0, last: true, text: "").message),
        ]
    }

    @Test func `the schema in the repository is the one that the types make`() throws {
        let text = try ContractSchema.text()
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_SCHEMA"] != nil {
            try Data(text.utf8).write(to: Self.file)
        }
        #expect(
            try String(contentsOf: Self.file, encoding: .utf8) == text,
            "Run this test with GATEHOUSE_WRITE_SCHEMA=1 to write docs/plugin-contract.schema.json again.")
    }

    @Test func `every message keeps to its schema, and the schema knows every message`() throws {
        let definitions = try #require(ContractSchema.document()["$defs"]?.objectValue)
        let samples = try Self.samples()
        #expect(
            Set(samples.map(\.name)) == Set(definitions.keys.filter { $0 != "manifest" && !$0.hasSuffix(" result") }))
        for (name, message) in samples {
            let schema = try JSONSchemaReader.schema(try #require(definitions[name]))
            try schema.check(message.json)
            #expect(throws: GatehouseError.self) { try schema.check(["jsonrpc": "2.0", "method": .string(name)]) }
        }
        let answer = try HandleAnswer(
            RouteResponse(headers: [("a", "b")], cookies: [RouteCookie(name: "a", value: "b")]))
        let schema = try JSONSchemaReader.schema(try #require(definitions["rpc.handle result"]))
        try schema.check(.object(answer.parameters()))
        try schema.check(["status": 204, "headers": nil, "later": 1])
        #expect(throws: GatehouseError.self) { try schema.check(["status": 99]) }
        #expect(throws: GatehouseError.self) { try schema.check(["status": 200, "headers": [["a"]]]) }
    }

    @Test func `the manifest's schema in the repository takes the sample and refuses what the reader refuses`() throws {
        let definitions = try #require(ContractSchema.document()["$defs"]?.objectValue)
        let schema = try JSONSchemaReader.schema(try #require(definitions["manifest"]))
        #expect(schema == (try Manifest.schema.get()))
        var members = try ManifestTests.members()
        try schema.check(.object(members))
        members["unknown"] = 1
        #expect(throws: GatehouseError.self) { try schema.check(.object(members)) }
    }

    @Test func `every field is described`() throws {
        func undescribed(_ value: JSONValue, _ place: String) -> [String] {
            (value["properties"]?.objectValue ?? [:]).flatMap { name, property -> [String] in
                let isEnvelope = ["jsonrpc", "method", "id", "params"].contains(name) && !place.contains("params")
                let missing = property["description"] == nil && !isEnvelope ? ["\(place).\(name)"] : []
                return missing + undescribed(property, "\(place).\(name)")
            } + (value["items"].map { undescribed($0, place + "[]") } ?? [])
        }
        let definitions = try #require(ContractSchema.document()["$defs"]?.objectValue)
        #expect(definitions.flatMap { undescribed($0.value, $0.key) } == [])
    }
}

/// Reads a schema back from its JSON.
enum JSONSchemaReader {
    static func schema(_ json: JSONValue) throws -> Schema {
        var schema = Schema()
        for (word, value) in try #require(json.objectValue) {
            switch word {
            case "type":
                schema.kinds = (value.arrayValue ?? [value]).compactMap(\.stringValue).compactMap(Schema.Kind.init)
            case "description": schema.description = value.stringValue
            case "properties": schema.properties = try #require(value.objectValue).mapValues(Self.schema)
            case "required": schema.required = try #require(value.arrayValue).compactMap(\.stringValue)
            case "additionalProperties": schema.allowsOthers = value == true
            case "items": schema.items = [try Self.schema(value)]
            case "enum": schema.choices = try #require(value.arrayValue)
            case "minimum": schema.minimum = value.doubleValue
            case "maximum": schema.maximum = value.doubleValue
            case "minLength": schema.minLength = value.intValue.map { Int($0) }
            case "maxLength": schema.maxLength = value.intValue.map { Int($0) }
            case "pattern": schema.pattern = value.stringValue.map { String($0.dropFirst(2).dropLast(2)) }
            case "minItems": schema.minItems = value.intValue.map { Int($0) }
            case "maxItems": schema.maxItems = value.intValue.map { Int($0) }
            case "uniqueItems": schema.hasUniqueItems = value == true
            case "default": schema.defaultValue = value
            default: Issue.record("the schema uses \(word), which nothing here knows")
            }
        }
        return schema
    }
}
