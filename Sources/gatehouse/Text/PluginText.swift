// SPDX-License-Identifier: Apache-2.0

import Model

/// Plugins in words for people.
enum PluginText {
    /// The answer of `plugin.list` as a table, with what one should know beneath it.
    static func list(_ result: JSONValue) -> Finding {
        let plugins = result["plugins"]?.arrayValue ?? []
        let columns: [Table.Column] = [
            .init("NAME"), .init("VERSION"), .init("STATE"), .init("PARTS"), .init("FILE SAYS"),
            .init("PROCESS", .right), .init("MEMORY", .right), .init("CALLS", .right), .init("ERROR"),
        ]
        let rows = plugins.map { plugin in
            [
                Cell.text(plugin["name"]), Cell.text(plugin["version"]), Cell.text(plugin["state"]), parts(plugin),
                difference(plugin) ?? Cell.nothing, Cell.text(plugin["process"]), Cell.memory(plugin["memoryKiB"]),
                Cell.text(plugin["calls"]), Cell.text(plugin["error"]),
            ]
        }
        let table = Table(columns, rows).text(
            empty: "No plugins. They are folders in the directories under plugins.search of the configuration file.")
        let notes = notes(plugins, sandbox: result["sandbox"])
        return Finding(result: result, text: table + (notes.isEmpty ? "" : "\n") + notes.joined())
    }

    /// What is to be known beside the table.
    private static func notes(_ plugins: [JSONValue], sandbox: JSONValue?) -> [String] {
        var notes: [String] = []
        func names(_ condition: (JSONValue) -> Bool) -> String? {
            let found = plugins.filter(condition).map { Cell.text($0["name"]) }
            return found.isEmpty ? nil : found.joined(separator: ", ")
        }
        if names({ difference($0) != nil }) != nil {
            notes.append("FILE SAYS: switched differently here; `gatehouse plugin reset NAME` returns to the file.")
        }
        if let found = names({ $0["process"]?.intValue != nil && $0["sandboxed"]?.boolValue == false }) {
            notes.append("Not in a sandbox, so as trusted as the daemon's own user: \(found).")
        }
        if sandbox?["available"]?.boolValue == false {
            notes.append("No sandbox on this host: \(Cell.text(sandbox?["reason"]))")
        }
        if let found = names({ $0["reloadPending"]?.boolValue == true }) {
            notes.append("Changed in the folder: \(found). `gatehouse plugin reload` takes it up.")
        }
        return notes.map { HarmlessText.line($0) + "\n" }
    }

    /// All of a plugin.
    static func fields(_ plugin: JSONValue?) -> String {
        func text(_ key: String) -> String { Cell.text(plugin?[key]) }
        let isRunning = plugin?["process"]?.intValue != nil
        let sandbox =
            plugin?["sandboxed"]?.boolValue == true
            ? "yes" : isRunning ? "no: it is as trusted as the daemon's own user" : Cell.nothing
        let calls =
            "\(text("calls")), \(text("failures")) failed, \(text("inFlight")) under way; median "
            + "\(time(plugin?["medianMicroseconds"])), 99 of 100 within \(time(plugin?["p99Microseconds"]))"
        return Table.fields([
            ("name", text("name")), ("version", text("version")), ("what it is", text("description")),
            ("state", "\(text("state")) since \(Cell.time(plugin?["since"]))"), ("error", text("error")),
            ("parts", plugin.map(parts) ?? Cell.nothing),
            ("file says", plugin.flatMap(difference) ?? "the same"), ("process", text("process")),
            ("memory", Cell.memory(plugin?["memoryKiB"])), ("calls", calls), ("restarts", text("restarts")),
            ("sandbox", sandbox), ("pages in shell", text("trusted")), ("asks for", text("asked")),
            ("may", text("granted")), ("routes", text("routes")), ("polls", text("polls")),
            ("job kinds", text("jobKinds")), ("folder", text("folder")), ("digest", text("digest")),
            ("changed there", text("reloadPending")),
        ])
    }

    /// What became of a plugin, in a sentence or two.
    static func sentence(_ plugin: JSONValue?) -> String {
        var text = "Plugin \(Cell.text(plugin?["name"])) is \(Cell.text(plugin?["state"]))."
        let granted = (plugin?["granted"]?.arrayValue ?? []).compactMap(\.stringValue)
        let missing = (plugin?["asked"]?.arrayValue ?? []).compactMap(\.stringValue)
            .filter { asked in !granted.contains { covers($0, asked) } }
        if plugin?["enabled"]?.boolValue == true, !missing.isEmpty {
            text += " It asks for more than it was granted: \(missing.joined(separator: ", "))."
        }
        return HarmlessText.line(text) + "\n"
    }

    /// A line of a log.
    static func line(_ line: JSONValue) -> String {
        let who = line["host"]?.boolValue == true ? "gatehouse: " : ""
        return HarmlessText.line("\(Cell.time(line["at"]))  \(who)\(line["text"]?.stringValue ?? "")") + "\n"
    }

    /// The parts that a plugin has; those that are off in brackets.
    private static func parts(_ plugin: JSONValue) -> String {
        let names = (plugin["parts"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard !names.isEmpty else { return Cell.nothing }
        return names.map { plugin[$0]?.boolValue == true ? $0 : "(\($0))" }.joined(separator: " ")
    }

    /// What the configuration file says otherwise; nil where it says the same.
    static func difference(_ plugin: JSONValue) -> String? {
        guard let changed = plugin["changed"]?.objectValue else { return nil }
        let declared = plugin["declared"]?.objectValue
        var words: [String] = []
        for key in ["enabled"] + PluginPart.allCases.map(\.rawValue) {
            guard let now = changed[key]?.boolValue else { continue }
            // A plugin that the file does not name is off.
            let before = declared.map { $0[key]?.boolValue ?? true } ?? (key != "enabled")
            guard now != before else { continue }
            words.append(key == "enabled" ? (before ? "on" : "off") : "\(key) \(before ? "on" : "off")")
        }
        if changed["permissions"]?.arrayValue != nil { words.append("other permissions") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    private static func covers(_ granted: String, _ asked: String) -> Bool {
        granted == "*" && asked != "network" || granted == asked
            || granted.hasSuffix(".*") && asked.hasPrefix(granted.dropLast())
    }

    private static func time(_ microseconds: JSONValue?) -> String {
        guard let amount = microseconds?.intValue else { return Cell.nothing }
        return amount < 10_000 ? "\(amount) µs" : "\(amount / 1000) ms"
    }
}
