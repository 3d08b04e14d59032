// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost
import Yams

extension ConfigurationReader {
    /// Reads the plugin table: a list of plugins, or a mapping with `search` and `table`.
    mutating func plugins(_ field: Field, listen: Listen) -> PluginTable {
        var table = PluginTable()
        if case .sequence = field.node {
            table.rows = rows(field, listen)
            return table
        }
        let fields = fields(field, known: ["search", "table"])
        if let search = fields["search"] {
            table.search = elements(search, most: 32).compactMap { path($0) }
        }
        if let list = fields["table"] { table.rows = rows(list, listen) }
        return table
    }

    private mutating func rows(_ field: Field, _ listen: Listen) -> [PluginRow] {
        var rows: [PluginRow] = []
        var names: Set<String> = []
        var places = [Place(address: listen.address, port: listen.port): "Gatehouse itself"]
        for element in elements(field, most: 256) {
            guard let row = pluginRow(element) else { continue }
            if !names.insert(row.name).inserted {
                fail(element, "a plugin named \"\(row.name)\" is in the table already.")
            }
            for listener in row.listeners {
                if listener.isTLS, listen.tls == .off {
                    fail(element, "a listener with TLS needs a certificate, but listen.tls is off.")
                }
                let place = Place(address: listener.address, port: listener.port)
                if listener.port != 0, let other = places.updateValue(row.name, forKey: place) {
                    fail(element, "port \(listener.port) of \(listener.address) is used by \(other) already.")
                }
            }
            rows.append(row)
        }
        return rows
    }

    private struct Place: Hashable {
        let address: String
        let port: Int
    }

    /// A value of any kind; what is plain and looks like a number, `true`, `false` or `null` is one.
    mutating func json(_ field: Field) -> JSONValue {
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
