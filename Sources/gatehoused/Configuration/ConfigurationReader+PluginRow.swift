// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost
import Yams

extension ConfigurationReader {
    /// Reads a row of the plugin table; nil where it has no usable name.
    mutating func pluginRow(_ field: Field) -> PluginRow? {
        let parts = PluginPart.allCases.map(\.rawValue)
        let fields = fields(
            field,
            known: ["name", "enabled"] + parts + [
                "config", "permissions", "digest", "listeners", "timeouts", "restart", "trusted", "sandbox", "limits",
                "queue",
            ])
        guard !fields.isEmpty, let name = pluginName(fields["name"], in: field) else { return nil }
        var row = PluginRow(name: name)
        if let enabled = fields["enabled"].flatMap({ boolean($0) }) { row.declared.enabled = enabled }
        for part in PluginPart.allCases {
            guard let isOn = fields[part.rawValue].flatMap({ boolean($0) }) else { continue }
            if isOn { row.declared.parts.insert(part) } else { row.declared.parts.remove(part) }
        }
        if let field = fields["config"] { row.configuration = mapping(field) }
        if let field = fields["permissions"] { row.permissions = permissions(field) }
        if let field = fields["digest"] { row.digest = digest(field) }
        if let field = fields["listeners"] { row.listeners = listeners(field, of: name) }
        if let field = fields["timeouts"] { row.timeouts = timeouts(field) }
        if let field = fields["restart"] { row.restart = restart(field) }
        if let isTrusted = fields["trusted"].flatMap({ boolean($0) }) { row.isTrusted = isTrusted }
        if let field = fields["sandbox"] { row.isSandboxed = boolean(field) }
        if let field = fields["limits"] { row.limits = processLimits(field) }
        if let field = fields["queue"] { row.queue = queue(field) }
        return row
    }

    private mutating func pluginName(_ field: Field?, in row: Field) -> String? {
        guard let field else {
            fail(row, "the name is missing. Add name: and the plugin's name, as in its plugin.yaml.")
            return nil
        }
        guard let text = text(field) else { return nil }
        let isWord = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard isWord, text.utf8.count <= 63, text.first?.isLetter == true else {
            fail(
                field,
                "\"\(text)\" is no name of a plugin: 1 to 63 lower-case letters, digits and hyphens, a letter first.")
            return nil
        }
        return text
    }

    private mutating func mapping(_ field: Field) -> JSONValue {
        guard case .mapping = field.node else {
            fail(field, "this must be a mapping, not \(Self.kind(field.node)).")
            return [:]
        }
        return json(field)
    }

    private mutating func permissions(_ field: Field) -> PluginPermissions {
        if case .scalar(let scalar) = field.node {
            if scalar.string != "asked" {
                fail(field, "this must be a list of permissions, or the word asked for all that the plugin asks for.")
            }
            return .asked
        }
        var names: [String] = []
        for element in elements(field, most: 256) {
            guard let text = text(element, most: 100) else { continue }
            if Self.isPermission(text) {
                names.append(text)
            } else {
                fail(
                    element,
                    "\"\(text)\" is no permission. Examples: machine.list, machine.*, event.machine.changed, network.")
            }
        }
        return .list(names)
    }

    /// Whether this may name methods: words with dots between them, the last one perhaps `*`.
    private static func isPermission(_ text: String) -> Bool {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        return words.enumerated().allSatisfy { index, word in
            if word == "*" { return index == words.count - 1 }
            return !word.isEmpty && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }

    private mutating func digest(_ field: Field) -> String? {
        guard let text = text(field)?.lowercased() else { return nil }
        guard text.utf8.count == 64, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            fail(field, "this must be 64 hexadecimal digits, as `gatehouse plugin show` prints them.")
            return nil
        }
        return text
    }

    private mutating func listeners(_ field: Field, of plugin: String) -> [PluginListener] {
        elements(field, most: 16).compactMap { listener($0, of: plugin) }
    }

    private mutating func listener(_ field: Field, of plugin: String) -> PluginListener? {
        let fields = fields(field, known: ["address", "port", "tls"])
        guard !fields.isEmpty else { return nil }
        guard let portField = fields["port"] else {
            fail(field, "the port is missing. Example: {address: 127.0.0.1, port: 4444, tls: false}.")
            return nil
        }
        var address = "127.0.0.1"
        if let field = fields["address"] {
            guard let text = text(field, most: 253) else { return nil }
            guard IPAddress(text) != nil || HostPort.isHostName(text) else {
                fail(field, "\"\(text)\" is neither an address nor a host name. Examples: 127.0.0.1, ::1, 0.0.0.0.")
                return nil
            }
            address = text
        }
        let isTLS = fields["tls"].flatMap { boolean($0) }
        if fields["tls"] == nil, address != "localhost", IPAddress(address)?.isLoopback != true {
            fail(
                field,
                "say tls: true or tls: false for \(address). With false, passwords cross the network unprotected.")
        }
        guard let port = integer(portField, in: 0...65_535) else { return nil }
        return PluginListener(plugin: plugin, address: address, port: port, isTLS: isTLS ?? false)
    }
}

// MARK: - Numbers

extension ConfigurationReader {
    private mutating func timeouts(_ field: Field) -> PluginTimeouts {
        var result = PluginTimeouts()
        let fields = fields(field, known: PluginRowTimes.timeouts.map(\.key))
        for entry in PluginRowTimes.timeouts {
            if let time = fields[entry.key].flatMap({ seconds($0, in: entry.range) }) {
                result[keyPath: entry.value] = time
            }
        }
        return result
    }

    private mutating func restart(_ field: Field) -> PluginRestartLimits {
        var result = PluginRestartLimits()
        let fields = fields(field, known: ["most"] + PluginRowTimes.restart.map(\.key))
        if let most = fields["most"].flatMap({ integer($0, in: 0...1000) }) { result.most = most }
        for entry in PluginRowTimes.restart {
            if let time = fields[entry.key].flatMap({ seconds($0, in: entry.range) }) {
                result[keyPath: entry.value] = time
            }
        }
        if result.firstDelay > result.longestDelay { fail(field, "firstDelay must not be longer than longestDelay.") }
        return result
    }

    private mutating func processLimits(_ field: Field) -> PluginProcessLimits {
        var result = PluginProcessLimits()
        let fields = fields(field, known: PluginRowTimes.limits.map(\.key))
        for entry in PluginRowTimes.limits {
            if let number = fields[entry.key].flatMap({ integer($0, in: entry.range) }) {
                result[keyPath: entry.value] = number
            }
        }
        return result
    }

    private mutating func queue(_ field: Field) -> PluginQueueLimits {
        var result = PluginQueueLimits()
        let fields = fields(field, known: PluginRowTimes.queue.map(\.key))
        for entry in PluginRowTimes.queue {
            if let number = fields[entry.key].flatMap({ integer($0, in: entry.range) }) {
                result[keyPath: entry.value] = number
            }
        }
        return result
    }

    /// A time in seconds, to the millisecond.
    private mutating func seconds(_ field: Field, in range: ClosedRange<Double>) -> Duration? {
        guard case .scalar(let scalar) = field.node, scalar.style == .plain,
            scalar.string.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let number = Double(scalar.string), range.contains(number)
        else {
            fail(
                field,
                "this must be a number of seconds from \(Self.plain(range.lowerBound)) to "
                    + "\(Self.plain(range.upperBound)), not \(Self.shown(field.node)).")
            return nil
        }
        return .milliseconds(Int((number * 1000).rounded()))
    }

    private static func plain(_ number: Double) -> String {
        number.rounded() == number ? String(Int(number)) : String(number)
    }
}
