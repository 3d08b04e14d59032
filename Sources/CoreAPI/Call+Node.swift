// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension Parameter {
    /// The node that a method is about.
    static let node = Parameter.required("node", .string(maximum: 64), "The node's name.")
}

extension Call {
    /// The node that is named.
    ///
    /// - Throws: `notFound` where there is none, or the caller may see neither it nor a machine of it.
    func node() async throws -> NodeEntry {
        guard let node = await core.inventory.node(named: arguments.string("node")),
            await core.maySee(node, principal)
        else { throw GatehouseError(.notFound, "There is no such node, or you have no rights on it.") }
        return node
    }

    /// The node that is named, for what only those may see who have rights on all of it.
    ///
    /// - Throws: `notFound`, `forbidden` where the caller has rights on some of its machines alone.
    func viewedNode() async throws -> NodeEntry {
        let node = try await node()
        try requireViewing(node)
        return node
    }

    /// The node that is named, for what an admin of all of it may do.
    ///
    /// - Throws: `notFound`, `forbidden`.
    func operatedNode() async throws -> NodeEntry {
        let node = try await node()
        try requireOperating(node)
        return node
    }

    /// Refuses whoever has rights on some machines of a node alone.
    func requireViewing(_ node: NodeEntry) throws {
        guard core.access.level(of: principal, on: node.record.id).mayView else {
            throw GatehouseError(.forbidden, "You have rights on machines of this node, but not on the node.")
        }
    }

    /// Refuses whoever is no admin of all of a node.
    func requireOperating(_ node: NodeEntry) throws {
        guard core.access.level(of: principal, on: node.record.id).mayOperate else {
            throw GatehouseError(.forbidden, "You may look at this node, but not change it.")
        }
    }
}
