// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost

extension Configuration {
    /// The plugin table as lines of the file.
    var pluginLines: [String] {
        [
            "",
            "# The plugin table: directories to search, and a row for each plugin. A plugin without a row is off.",
            "# What is changed while Gatehouse runs (gatehouse plugin enable ...) is kept and wins over this.",
            "# A row has name, enabled, the parts rpc, frontend, scheduler and poller, config, permissions (those",
            "# that are granted, or the word asked), digest (SHA-256 of the only content that may run), listeners,",
            "# timeouts and restart (in seconds), trusted, sandbox, limits and queue.",
            "plugins:",
            "  search: \(plugins.search.map(\.quoted).bracketed)",
            "  table:" + (plugins.rows.isEmpty ? " []" : ""),
        ] + plugins.rows.flatMap(\.lines)
    }
}

extension PluginRow {
    /// The row as an element of the list.
    fileprivate var lines: [String] {
        let switches = PluginPart.allCases.map { part in
            ("\(part.rawValue)", declared.parts.contains(part) ? "true" : "false")
        }
        var pairs = [("enabled", "\(declared.enabled)")] + switches
        pairs += [("config", configuration.flow), ("permissions", permissions.text)]
        if let digest { pairs.append(("digest", digest.quoted)) }
        pairs += [
            ("listeners", listeners.map(\.flow).bracketed), ("timeouts", timeouts.flow), ("restart", restart.flow),
            ("trusted", "\(isTrusted)"),
        ]
        if let isSandboxed { pairs.append(("sandbox", "\(isSandboxed)")) }
        pairs += [("limits", limits.flow), ("queue", "{inFlight: \(queue.inFlight), waiting: \(queue.waiting)}")]
        return ["    - name: \(name.quoted)"] + pairs.map { "      \($0.0): \($0.1)" }
    }
}

extension PluginPermissions {
    fileprivate var text: String {
        switch self {
        case .asked: "asked"
        case .list(let names): names.map(\.quoted).bracketed
        }
    }
}

extension PluginListener {
    fileprivate var flow: String { "{address: \(address.quoted), port: \(port), tls: \(isTLS)}" }
}

extension PluginTimeouts {
    fileprivate var flow: String {
        PluginRowTimes.timeouts.map { "\($0.key): \(self[keyPath: $0.value].secondsText)" }.braced
    }
}

extension PluginRestartLimits {
    fileprivate var flow: String {
        (["most: \(most)"] + PluginRowTimes.restart.map { "\($0.key): \(self[keyPath: $0.value].secondsText)" }).braced
    }
}

extension PluginProcessLimits {
    fileprivate var flow: String {
        PluginRowTimes.limits.compactMap { entry in self[keyPath: entry.value].map { "\(entry.key): \($0)" } }.braced
    }
}

extension Duration {
    /// The time in seconds, to the millisecond.
    fileprivate var secondsText: String {
        let (seconds, attoseconds) = components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "\(seconds)" }
        return "\(Double(seconds) + Double(milliseconds) / 1000)"
    }
}

extension [String] {
    /// The texts as a mapping on one line.
    fileprivate var braced: String { "{" + joined(separator: ", ") + "}" }
}
