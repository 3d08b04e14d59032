// SPDX-License-Identifier: Apache-2.0

import Model

/// One thing that a plugin may do: call a core method, hear a topic, or use the network.
package struct Permission: Sendable, Hashable {
    /// Its name: `machine.list`, `machine.*`, `event.machine.changed`, `network`.
    package let name: String

    /// The permission to use the network in the sandbox.
    package static let network = Permission("network")

    /// What goes before a topic.
    private static let events = "event."

    /// Takes a name as it is.
    package init(_ name: String) { self.name = name }

    /// Reads a name.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    package init(checking name: String, at field: String = "permissions") throws {
        var schema = Schema(.string)
        schema.maxLength = 100
        schema.pattern = ManifestForm.permission
        try schema.check(.string(name), at: field)
        self.name = name
    }

    /// Whether it allows to call that method.
    package func covers(method: String) -> Bool { !name.hasPrefix(Self.events) && matches(method) }

    /// Whether it allows to hear that topic.
    package func covers(event topic: String) -> Bool { matches(Self.events + topic) }

    private func matches(_ what: String) -> Bool {
        name == what || (name.hasSuffix(".*") && what.hasPrefix(name.dropLast()))
    }
}

extension Permission {
    /// Those of the granted names that the plugin asks for, in the order asked.
    package static func granted(_ granted: [String], asked: [String]) -> [String] {
        asked.filter { one in granted.contains { $0 == one || Permission($0).matches(one) } }
    }
}
