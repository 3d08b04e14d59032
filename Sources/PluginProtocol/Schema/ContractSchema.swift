// SPDX-License-Identifier: Apache-2.0

import JSONRPC
package import Model

/// The contract as a JSON Schema, made from the types that read and write it.
package enum ContractSchema {
    /// A message that one side sends to the other.
    private struct Entry {
        let method: String
        let description: String
        let parameters: Schema
        /// What it is answered with; nil for a notification.
        let result: Schema?
    }

    private static func call<Call: ContractCall>(_ type: Call.Type, _ description: String) throws -> Entry {
        Entry(
            method: Call.method, description: description, parameters: try object(type),
            result: try object(Call.Answer.self))
    }

    private static func notice<Notice: ContractNotice>(_ type: Notice.Type, _ description: String) throws -> Entry {
        Entry(method: Notice.method, description: description, parameters: try object(type), result: nil)
    }

    /// A type without fields is an object too, though it reads nothing.
    private static func object<Object: ContractObject>(_ type: Object.Type) throws -> Schema {
        var schema = try Schema.recorded(type)
        schema.kinds = [.object]
        return schema
    }

    private static func entries() throws -> [Entry] {
        [
            try call(InitializeCall.self, "The first call; the plugin chooses the version of the contract."),
            try call(HandleCall.self, "A request on one of the plugin's routes."),
            try call(PollCall.self, "A poll of the manifest is due."),
            try call(ConfigureCall.self, "The plugin's configuration has changed."),
            try call(PartsChangedCall.self, "Parts of the plugin were switched on or off."),
            try call(PingCall.self, "Does the plugin still answer?"),
            try call(ShutdownCall.self, "The plugin answers, and ends."),
            try notice(EventNotice.self, "Something has happened that the plugin wants to hear of."),
            try notice(JobCancelNotice.self, "Somebody wants a job to stop that the plugin has claimed."),
            try notice(ChunkNotice.self, "A piece of a message that is too long for a line; either side sends it."),
        ]
    }

    /// The whole document.
    package static func document() throws -> JSONValue {
        var definitions: [String: JSONValue] = ["manifest": try Manifest.schema.get().json]
        for entry in try entries() {
            definitions[entry.method] = message(entry)
            if let result = entry.result { definitions["\(entry.method) result"] = result.json }
        }
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": .string("urn:gatehouse:plugin-contract:\(ContractVersion.supported.max() ?? 0)"),
            "title": "The contract between Gatehouse and a plugin",
            "description": .string(
                "manifest is the content of plugin.yaml. The others are the messages that the host sends, each with "
                    + "what the plugin answers as its result."),
            "$defs": .object(definitions),
        ]
    }

    private static func message(_ entry: Entry) -> JSONValue {
        var schema = Schema(.object)
        schema.description = entry.description
        schema.properties = ["jsonrpc": word("2.0"), "method": word(entry.method), "params": entry.parameters]
        schema.required = ["jsonrpc", "method", "params"]
        if entry.result != nil {
            schema.properties["id"] = Schema(.integer, .string)
            schema.required.append("id")
        }
        return schema.json
    }

    private static func word(_ text: String) -> Schema {
        var schema = Schema(.string)
        schema.choices = [.string(text)]
        return schema
    }

    /// The document as text with line breaks, for people and for a file.
    package static func text() throws -> String { indented(try document(), by: "") + "\n" }

    private static func indented(_ value: JSONValue, by indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .object(let members) where !members.isEmpty:
            let lines = members.sorted { $0.key < $1.key }.map { name, member in
                "\(inner)\(JSONWriter.text(.string(name))): \(indented(member, by: inner))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        case .array(let elements) where elements.contains { $0.objectValue != nil || $0.arrayValue != nil }:
            let lines = elements.map { inner + indented($0, by: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        default: return JSONWriter.text(value)
        }
    }
}

extension ContractSchema {
    /// Checks what the plugin answered to a call.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    package static func check<Call: ContractCall>(result: JSONValue, of call: Call.Type) throws {
        try object(Call.Answer.self).check(result, at: "result")
    }
}
