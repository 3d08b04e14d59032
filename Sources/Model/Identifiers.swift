// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A row number that tells what it is the number of.
package struct RowID<Row>: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number, as the store gave it; always positive.
    package let number: Int64

    /// Wraps a number from the store or from a caller.
    package init(_ number: Int64) { self.number = number }

    /// Orders by number.
    package static func < (left: RowID, right: RowID) -> Bool { left.number < right.number }

    /// The number in decimal.
    package var description: String { String(number) }
}

/// The number of a user.
package typealias UserID = RowID<User>
/// The number of a group.
package typealias GroupID = RowID<Group>
/// The number of a privilege.
package typealias PrivilegeID = RowID<Privilege>
/// The number Gatehouse gave to a node, kept for as long as the node is declared.
package typealias NodeID = RowID<NodeRecord>

/// What names a machine for good: its node and its libvirt UUID.
package struct MachineID: Sendable, Hashable {
    /// The node it is defined on.
    package let node: NodeID
    /// Its UUID, as libvirt or the configuration gives it.
    package let uuid: UUID

    /// Names a machine.
    package init(node: NodeID, uuid: UUID) {
        self.node = node
        self.uuid = uuid
    }
}

/// How a caller writes a machine: its UUID, with `@node` where the UUID alone is not unique.
package struct MachineAddress: Sendable, Hashable, CustomStringConvertible {
    /// The UUID.
    package let uuid: UUID
    /// The node's name, where it was given.
    package let node: String?

    /// Makes an address from its parts.
    package init(uuid: UUID, node: String? = nil) {
        self.uuid = uuid
        self.node = node
    }

    /// Reads `UUID` or `UUID@node`; nil for anything else or anything over 200 characters.
    package init?(_ text: String) {
        guard text.utf8.count <= 200 else { return nil }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.utf8.count == 36, let uuid = UUID(uuidString: String(first)) else {
            return nil
        }
        if parts.count == 2, parts[1].isEmpty { return nil }
        self.uuid = uuid
        self.node = parts.count == 2 ? String(parts[1]) : nil
    }

    /// The UUID in lower case, with `@node` where the node is part of it.
    package var description: String {
        let text = uuid.uuidString.lowercased()
        return node.map { "\(text)@\($0)" } ?? text
    }
}
