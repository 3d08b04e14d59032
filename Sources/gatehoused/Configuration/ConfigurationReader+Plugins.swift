// SPDX-License-Identifier: Apache-2.0

import Model
import Yams

extension ConfigurationReader {
    /// Reads the plugin table: a list of plugins, or a mapping with `search` and `table`.
    mutating func plugins(_ field: Field) -> PluginTable {
        if case .sequence = field.node { return PluginTable(entries: entries(field)) }
        let fields = fields(field, known: ["search", "table"])
        var table = PluginTable()
        if let search = fields["search"] {
            table.search = elements(search, most: 32).compactMap { path($0) }
        }
        if let list = fields["table"] { table.entries = entries(list) }
        return table
    }

    private mutating func entries(_ field: Field) -> [PluginEntry] {
        var entries: [PluginEntry] = []
        var names: Set<String> = []
        for element in elements(field, most: 256) {
            guard let entry = entry(element) else { continue }
            if !names.insert(entry.name).inserted {
                fail(element, "a plugin named \"\(entry.name)\" is in the table already.")
            }
            entries.append(entry)
        }
        return entries
    }

    private mutating func entry(_ field: Field) -> PluginEntry? {
        let known = [
            "name", "enabled", "rpc", "frontend", "scheduler", "poller", "config", "permissions", "digest",
            "listeners", "timeouts", "restart",
        ]
        let fields = fields(field, known: known)
        guard !fields.isEmpty, let name = name(fields["name"], in: field) else { return nil }
        var entry = PluginEntry(name: name)
        if let enabled = fields["enabled"].flatMap({ boolean($0) }) { entry.isEnabled = enabled }
        for key in known.dropFirst(2) {
            guard let field = fields[key] else { continue }
            switch key {
            case "permissions":
                entry.settings[key] = .array(elements(field, most: 256).compactMap { text($0) }.map(JSONValue.string))
            case "digest":
                if let text = text(field) { entry.settings[key] = .string(text) }
            case "listeners":
                entry.settings[key] = .array(elements(field, most: 64).map { json($0) })
            case "config", "timeouts":
                guard case .mapping = field.node else {
                    fail(field, "this must be a mapping, not \(Self.kind(field.node)).")
                    continue
                }
                entry.settings[key] = json(field)
            default:
                entry.settings[key] = json(field)
            }
        }
        return entry
    }

    /// A value of any kind; what is plain and looks like a number, `true`, `false` or `null` is one.
    private mutating func json(_ field: Field) -> JSONValue {
        switch field.node {
        case .scalar(let scalar): return scalar.style == .plain ? Self.plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            return .array(sequence.enumerated().map { json(field.element($0.offset, $0.element)) })
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key else {
                    fail(field, "a key must be a word.")
                    continue
                }
                members[scalar.string] = json(field.below(scalar.string, value))
            }
            return .object(members)
        case .alias: return .null
        }
    }

    private static func plain(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        if let number = integer(text) { return .int(Int64(number)) }
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        if isDecimal, text.contains(where: \.isNumber), let number = Double(text), number.isFinite {
            return .double(number)
        }
        return .string(text)
    }
}
