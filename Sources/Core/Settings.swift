// SPDX-License-Identifier: Apache-2.0

package import Model

/// Something that can be set while Gatehouse runs.
package struct SettingDefinition: Sendable {
    /// What fits.
    package enum Kind: Sendable, Equatable {
        case int(ClosedRange<Int64>)
        /// Text of at most that many bytes, without control characters.
        case text(maximum: Int)
        /// Ports as `9000-9100`, or empty for none.
        case portRange
        /// A truth value that follows from the configuration file and can not be set.
        case fixedFlag
    }

    /// Its name.
    package let name: String
    /// What it does.
    package let summary: String
    /// What fits.
    package let kind: Kind
    /// The weakest level that may read it.
    package let readLevel: AccessLevel
}

/// A setting with its value.
package struct Setting: Sendable {
    /// What it is.
    package let definition: SettingDefinition
    /// What it is set to.
    package let value: JSONValue
    /// Whether that is what it is without anybody having set it.
    package let isDefault: Bool
}

/// What can be set while Gatehouse runs; a value that was set wins over the configuration file.
package actor Settings {
    /// Every setting there is.
    package static let definitions = [
        SettingDefinition(
            name: "sessionIdleMinutes", summary: "Minutes after which an idle session ends.", kind: .int(1...1440),
            readLevel: .none),
        SettingDefinition(
            name: "maxLoginFailures", summary: "Failed logins before an account has to wait.", kind: .int(1...100),
            readLevel: .none),
        SettingDefinition(
            name: "loginRetryMinutes", summary: "Minutes that such an account waits.", kind: .int(1...1440),
            readLevel: .none),
        SettingDefinition(
            name: "language", summary: "The language of new users.", kind: .text(maximum: 35), readLevel: .none),
        SettingDefinition(
            name: "statRetention", summary: "Samples that a legacy client's history has.", kind: .int(1...1000),
            readLevel: .none),
        SettingDefinition(
            name: "maxMemoryMiB", summary: "The most memory in MiB that an admin may give a machine.",
            kind: .int(1...16_777_216), readLevel: .none),
        SettingDefinition(
            name: "maxVcpus", summary: "The most processors that an admin may give a machine.",
            kind: .int(1...4096), readLevel: .none),
        SettingDefinition(
            name: "consolePortRange",
            summary: "Ports that consoles may have of their own, for clients that know no tickets; empty for none.",
            kind: .portRange, readLevel: .none),
        SettingDefinition(
            name: "nodeUser", summary: "The account of pollers; kept for legacy clients.", kind: .text(maximum: 64),
            readLevel: .superUser),
        SettingDefinition(
            name: "proxied", summary: "Whether a proxy's word on the client's address counts (trustedProxies).",
            kind: .fixedFlag, readLevel: .superUser),
    ]

    private let repository: any SettingRepository
    private let sessions: SessionRegistry
    private let defaults: [String: JSONValue]
    private let sessionDefaults: SessionLimits
    private var values: [String: JSONValue] = [:]

    /// Makes settings; `load` must be called before use.
    package init(
        repository: any SettingRepository, sessions: SessionRegistry, limits: SessionLimits, isBehindProxy: Bool,
        consolePorts: PortRange? = nil
    ) {
        self.repository = repository
        self.sessions = sessions
        sessionDefaults = limits
        defaults = [
            "sessionIdleMinutes": .int(limits.idle.components.seconds / 60),
            "maxLoginFailures": .int(Int64(limits.maximumFailures)),
            "loginRetryMinutes": .int(limits.retryAfter.components.seconds / 60),
            "language": "en", "statRetention": 25, "maxMemoryMiB": 8192, "maxVcpus": 4,
            "consolePortRange": .string(consolePorts?.description ?? ""), "nodeUser": "default",
            "proxied": .bool(isBehindProxy),
        ]
    }

    /// Takes up what was kept; a value that does not fit any more is left out.
    package func load() async throws {
        for (key, value) in try await repository.settings() where key.hasPrefix(Self.prefix) {
            let name = String(key.dropFirst(Self.prefix.count))
            guard let definition = Self.definition(name), Self.fits(value, definition.kind) else { continue }
            values[name] = value
        }
        await apply()
    }

    private static let prefix = "setting."

    private static func definition(_ name: String) -> SettingDefinition? { definitions.first { $0.name == name } }

    /// The settings that a level may read.
    package func settings(for level: AccessLevel) -> [Setting] {
        Self.definitions.filter { level >= $0.readLevel }.map(setting)
    }

    /// One setting.
    ///
    /// - Throws: `notFound`; `forbidden` where the level is too weak.
    package func setting(_ name: String, for level: AccessLevel) throws -> Setting {
        guard let definition = Self.definition(name) else { throw Self.unknown }
        guard level >= definition.readLevel else {
            throw GatehouseError(.forbidden, "Only a superuser may read this setting.")
        }
        return setting(definition)
    }

    /// Sets a setting, or with nil returns it to what it is by itself.
    ///
    /// - Throws: `notFound`, `invalidParameters`, `storageFailed`.
    package func set(_ name: String, to value: JSONValue?) async throws -> Setting {
        guard let definition = Self.definition(name) else { throw Self.unknown }
        if definition.kind == .fixedFlag {
            throw GatehouseError.invalidParameter(
                "name", "\(name) follows from the configuration file; change trustedProxies there.")
        }
        if let value, !Self.fits(value, definition.kind) {
            throw GatehouseError.invalidParameter("value", "\(name) must be \(Self.words(definition.kind)).")
        }
        try await repository.setSetting(Self.prefix + name, to: value)
        values[name] = value
        await apply()
        return setting(definition)
    }

    private func setting(_ definition: SettingDefinition) -> Setting {
        let own = values[definition.name]
        return Setting(
            definition: definition, value: own ?? defaults[definition.name] ?? .null, isDefault: own == nil)
    }

    /// The language of new users.
    package var language: String { values["language"]?.stringValue ?? "en" }

    /// The ports that consoles may have of their own; nil for none.
    package var consolePorts: PortRange? {
        (values["consolePortRange"] ?? defaults["consolePortRange"])?.stringValue.flatMap { PortRange($0) }
    }

    /// The most memory that somebody who is no superuser may give to a machine, in MiB.
    package var maxMemoryMiB: Int { number("maxMemoryMiB") }

    /// The most processors that somebody who is no superuser may give to a machine.
    package var maxVcpus: Int { number("maxVcpus") }

    private func number(_ name: String) -> Int { Int((values[name] ?? defaults[name])?.intValue ?? 0) }

    private func apply() async {
        var limits = sessionDefaults
        if let minutes = values["sessionIdleMinutes"]?.intValue { limits.idle = .seconds(60 * minutes) }
        if let failures = values["maxLoginFailures"]?.intValue { limits.maximumFailures = Int(failures) }
        if let minutes = values["loginRetryMinutes"]?.intValue { limits.retryAfter = .seconds(60 * minutes) }
        await sessions.setLimits { [limits] in $0 = limits }
    }

    private static let unknown = GatehouseError(
        .notFound, "There is no setting of that name; setting.list shows those there are.")

    private static func fits(_ value: JSONValue, _ kind: SettingDefinition.Kind) -> Bool {
        switch kind {
        case .int(let range): value.intValue.map(range.contains) ?? false
        case .text(let maximum):
            value.stringValue.map { text in
                !text.isEmpty && text.utf8.count <= maximum && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            } ?? false
        case .portRange: value.stringValue.map { $0.isEmpty || PortRange($0) != nil } ?? false
        case .fixedFlag: false
        }
    }

    private static func words(_ kind: SettingDefinition.Kind) -> String {
        switch kind {
        case .int(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .text(let maximum): "text of 1 to \(maximum) bytes"
        case .portRange: "two ports from 1024 to 65535, such as 9000-9100, at most \(PortRange.most) in all, or empty"
        case .fixedFlag: "left alone"
        }
    }

    /// The version of the database's layout.
    package func schemaVersion() async throws -> Int { try await repository.schemaVersion() }
}
