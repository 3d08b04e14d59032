// SPDX-License-Identifier: Apache-2.0

/// What a user may do, strongest first (Zentific RPC document, "AccessLevel").
package enum AccessLevel: Int, Sendable, CaseIterable, Comparable {
    /// May do and see everything.
    case superUser = 0
    /// An administrator lent to a machine for repair.
    case maintenance = 1
    /// As `admin`, and may give the machine itself on.
    case owner = 2
    /// Controls what is assigned to him.
    case admin = 3
    /// Sees what is assigned to him.
    case readOnlyAdmin = 4
    /// Nothing.
    case none = 5
    /// A poller of a node; no person.
    case node = 6

    /// The word that JSON and the command line use.
    package var word: String { String(describing: self) }

    /// The level of that word, or nil.
    package init?(word: String) {
        guard let level = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = level
    }

    /// Orders by strength: `a < b` says that `a` is the weaker one.
    package static func < (left: AccessLevel, right: AccessLevel) -> Bool { left.rawValue > right.rawValue }

    /// Whether this level may see a machine.
    package var mayView: Bool { self >= .readOnlyAdmin }
    /// Whether this level may operate a machine and open its consoles.
    package var mayOperate: Bool { self >= .admin }
    /// Whether this level may give rights, up to itself.
    package var mayGrant: Bool { self == .admin || isOwning }
    /// Whether a machine is this level's to dispose of.
    package var isOwning: Bool { self == .owner || self == .superUser }
}
