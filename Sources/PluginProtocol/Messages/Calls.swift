// SPDX-License-Identifier: Apache-2.0

package import Model

/// Has a poll do its round.
package struct PollCall: ContractCall {
    /// The method's name.
    package static let method = "poll.run"

    /// The poll's name in the manifest.
    package var poll: String
    /// When it was due, in ISO 8601.
    package var at: String

    /// Makes a call.
    package init(poll: String, at: String) {
        self.poll = poll
        self.at = at
    }

    /// What the plugin answers.
    package typealias Answer = EmptyAnswer
}

/// Hands over a new configuration.
package struct ConfigureCall: ContractCall {
    /// The method's name.
    package static let method = "configure"

    /// `config` of the plugin's row, with the manifest's defaults.
    package var configuration: [String: JSONValue]

    /// Makes a call.
    package init(configuration: [String: JSONValue]) { self.configuration = configuration }

    /// What the plugin answers.
    package typealias Answer = EmptyAnswer
}

/// Tells which parts are on from now.
package struct PartsChangedCall: ContractCall {
    /// The method's name.
    package static let method = "parts.changed"

    /// The parts that are on.
    package var parts: [PluginPart]

    /// Makes a call.
    package init(parts: [PluginPart]) { self.parts = parts }

    /// What the plugin answers.
    package typealias Answer = EmptyAnswer
}

/// Asks whether the plugin still answers.
package struct PingCall: ContractCall {
    /// The method's name.
    package static let method = "ping"

    /// Makes a call.
    package init() {}

    /// What the plugin answers.
    package typealias Answer = EmptyAnswer
}

/// Has the plugin end; the end of its input means the same.
package struct ShutdownCall: ContractCall {
    /// The method's name.
    package static let method = "shutdown"

    /// Makes a call.
    package init() {}

    /// What the plugin answers.
    package typealias Answer = EmptyAnswer
}
