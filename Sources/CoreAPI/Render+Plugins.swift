// SPDX-License-Identifier: Apache-2.0

import Core
package import Model

extension Render {
    /// A plugin as the caller may see it; nil where it is none of his business.
    package func visiblePlugin(_ status: PluginStatus) -> JSONValue? {
        if core.access.isSuperUser(principal) { return plugin(status) }
        guard status.switches.enabled else { return nil }
        let all = plugin(status).objectValue ?? [:]
        let open = ["name", "version", "description", "parts", "state", "pages", "enabled"]
        return .object(all.filter { open.contains($0.key) || PluginPart(rawValue: $0.key) != nil })
    }

    /// All of a plugin.
    package func plugin(_ status: PluginStatus) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(status.name), "version": .optional(status.version),
            "description": .string(status.description), "parts": Self.parts(status.parts),
            "declared": status.declared.map { .object(Self.switches($0)) } ?? .null,
            "changed": status.changed.map(Self.change) ?? .null, "enabled": .bool(status.switches.enabled),
            "state": .string(status.state.rawValue), "since": Self.time(status.since),
            "error": .optional(status.error), "process": .optional(status.process),
            "memoryKiB": .optional(status.memoryKiB), "sandboxed": .bool(status.isSandboxed),
            "trusted": .bool(status.isTrusted), "folder": .optional(status.folder),
            "digest": .optional(status.digest), "reloadPending": .bool(status.isReloadPending),
        ]
        for part in PluginPart.allCases {
            members[part.rawValue] = .bool(status.parts.contains(part) && status.switches.parts.contains(part))
        }
        for (name, list) in [
            ("asked", status.asked), ("granted", status.granted), ("routes", status.routes), ("polls", status.polls),
            ("jobKinds", status.jobKinds),
        ] { members[name] = .array(list.map(JSONValue.string)) }
        members["pages"] = .array(status.pages.map { Self.page($0, of: status) })
        members.merge(Self.figures(status.figures)) { _, figure in figure }
        return .object(members)
    }

    /// A page of a plugin.
    package static func page(_ page: PluginPage, of plugin: PluginStatus) -> JSONValue {
        let files = "/plugin-files/\(plugin.name)"
        let module = plugin.isTrusted ? page.module.map { "\(files)/\($0)" } : nil
        return [
            "plugin": .string(plugin.name), "name": .string(page.name), "title": .string(page.title),
            "menu": .optional(page.menu), "url": .string("\(files)/\(page.file)"), "module": .optional(module),
            "permissions": .array(plugin.granted.map(JSONValue.string)),
        ]
    }

    /// A line of a plugin's log.
    package static func pluginLine(_ line: PluginLogLine) -> JSONValue {
        [
            "number": .int(line.number), "at": time(line.at), "host": .bool(line.isFromHost),
            "text": .string(line.text),
        ]
    }

    /// Whether plugins can be run in a sandbox.
    package static func sandbox(_ availability: SandboxAvailability) -> JSONValue {
        switch availability {
        case .available: ["available": true]
        case .unavailable(let reason): ["available": false, "reason": .string(reason)]
        }
    }

    private static func figures(_ figures: PluginFigures) -> [String: JSONValue] {
        [
            "calls": .int(Int64(figures.calls)), "failures": .int(Int64(figures.failures)),
            "inFlight": .int(Int64(figures.inFlight)), "medianMicroseconds": .optional(figures.medianMicroseconds),
            "p99Microseconds": .optional(figures.p99Microseconds), "restarts": .int(Int64(figures.restarts)),
        ]
    }

    private static func parts(_ parts: Set<PluginPart>) -> JSONValue {
        .array(PluginPart.allCases.filter(parts.contains).map { .string($0.rawValue) })
    }

    private static func switches(_ switches: PluginSwitches) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["enabled": .bool(switches.enabled)]
        for part in PluginPart.allCases { members[part.rawValue] = .bool(switches.parts.contains(part)) }
        return members
    }

    private static func change(_ change: PluginChange) -> JSONValue {
        var members: [String: JSONValue] = [:]
        if let enabled = change.enabled { members["enabled"] = .bool(enabled) }
        for (part, isOn) in change.parts { members[part.rawValue] = .bool(isOn) }
        if let permissions = change.permissions {
            members["permissions"] = .array(permissions.map(JSONValue.string))
        }
        return .object(members)
    }
}
