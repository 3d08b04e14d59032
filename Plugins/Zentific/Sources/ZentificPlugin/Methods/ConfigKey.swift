// SPDX-License-Identifier: Apache-2.0

import Model

/// A configuration key of this API and the setting of Gatehouse that it stands for.
struct ConfigKey: Sendable {
    /// The key.
    let key: String
    /// The setting.
    let setting: String
    /// Whether the value is a whole number.
    let isNumber: Bool

    /// Every key.
    static let all = [
        ConfigKey(key: "stat_retention", setting: "statRetention", isNumber: true),
        ConfigKey(key: "nodeuser", setting: "nodeUser", isNumber: false),
        ConfigKey(key: "language", setting: "language", isNumber: false),
        ConfigKey(key: "max_memory_allocation", setting: "maxMemoryMiB", isNumber: true),
        ConfigKey(key: "max_vcpu_allocation", setting: "maxVcpus", isNumber: true),
        ConfigKey(key: "login_retry_timeout", setting: "loginRetryMinutes", isNumber: true),
        ConfigKey(key: "max_login_failures", setting: "maxLoginFailures", isNumber: true),
        ConfigKey(key: "console_port_range", setting: "consolePortRange", isNumber: false),
        ConfigKey(key: "session_timeout", setting: "sessionIdleMinutes", isNumber: true),
        ConfigKey(key: "proxied", setting: "proxied", isNumber: false),
    ]

    /// The key of that name.
    ///
    /// - Throws: the fault for an unknown one.
    static func named(_ key: String) throws -> ConfigKey {
        guard let found = all.first(where: { $0.key == key }) else {
            throw ZentificFault.parameter("key", "There is no configuration entry of that name.")
        }
        return found
    }

    /// The value as the setting has it.
    ///
    /// - Throws: the fault for a text that is no number where one is needed.
    func value(_ text: String) throws -> JSONValue {
        guard isNumber else { return .string(text) }
        guard let number = Int64(text) else { throw ZentificFault.parameter("value", "It must be a whole number.") }
        return .int(number)
    }

    /// A setting's value as text.
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        default: ""
        }
    }
}
