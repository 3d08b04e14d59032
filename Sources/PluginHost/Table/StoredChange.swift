// SPDX-License-Identifier: Apache-2.0

import Model

/// A change to a plugin's row, as it is kept among the settings.
enum StoredChange {
    /// What goes before a plugin's name in the name of the setting.
    static let prefix = "plugin."

    /// Reads what was kept; fields of other versions are left alone.
    static func change(_ value: JSONValue) -> PluginChange {
        var change = PluginChange(enabled: value["enabled"]?.boolValue)
        for part in PluginPart.allCases { change.parts[part] = value[part.rawValue]?.boolValue }
        change.permissions = value["permissions"]?.arrayValue?.compactMap(\.stringValue)
        return change
    }

    /// What is kept; nil for a change that changes nothing.
    static func value(_ change: PluginChange) -> JSONValue? {
        var members: [String: JSONValue] = [:]
        if let enabled = change.enabled { members["enabled"] = .bool(enabled) }
        for (part, isOn) in change.parts { members[part.rawValue] = .bool(isOn) }
        if let permissions = change.permissions {
            members["permissions"] = .array(permissions.map(JSONValue.string))
        }
        return members.isEmpty ? nil : .object(members)
    }

    /// An earlier change with a later one on top.
    static func merge(_ earlier: PluginChange, _ later: PluginChange) -> PluginChange {
        var change = earlier
        if let enabled = later.enabled { change.enabled = enabled }
        change.parts.merge(later.parts) { _, later in later }
        if let permissions = later.permissions { change.permissions = permissions }
        return change
    }
}
