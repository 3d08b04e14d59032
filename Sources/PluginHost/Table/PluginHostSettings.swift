// SPDX-License-Identifier: Apache-2.0

/// What the plugin host is told when it is made.
package struct PluginHostSettings: Sendable, Equatable {
    /// The folders in which plugins lie, each in a folder of its own; of two with one name the first counts.
    package var search: [String]
    /// The plugin table.
    package var rows: [PluginRow]
    /// The daemon's data directory; the host keeps `plugins/store` and `plugins/data` below it.
    package var dataDirectory: String
    /// The path of `gatehouse-launch`.
    package var launcher: String
    /// What plugins must not see though they see the rest of the system: data, run and configuration directory.
    package var hidden: [String]
    /// The version that plugins are told.
    package var hostVersion: String

    /// Makes settings.
    package init(
        search: [String], rows: [PluginRow], dataDirectory: String, launcher: String, hidden: [String] = [],
        hostVersion: String
    ) {
        self.search = search
        self.rows = rows
        self.dataDirectory = dataDirectory
        self.launcher = launcher
        self.hidden = hidden
        self.hostVersion = hostVersion
    }
}
