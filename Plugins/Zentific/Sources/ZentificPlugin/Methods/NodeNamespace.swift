// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let node =
        [
            ZentificMethod("Node.getNodes", returns: "array of string, UUIDs") { call in
                .array(try await call.nodes().map { .string($0["id"]?.intValue.map(NodeUUID.text) ?? "") })
            },
            ZentificMethod("Node.getNode", [.uuid()], returns: "NODE") { call in
                NodeStruct.value(try await call.listedNode())
            },
        ] + access("Node", of: { call in ["node": try await call.listedNode()["name"] ?? .null] })
}

extension ZentificCall {
    /// The nodes that the caller may see.
    func nodes() async throws -> [JSONValue] { try await core("node.list")["nodes"]?.arrayValue ?? [] }

    /// The node that the call names.
    func listedNode() async throws -> JSONValue {
        let number = NodeUUID.number(arguments.text("uuid"))
        guard let number, let node = try await nodes().first(where: { $0["id"]?.intValue == number }) else {
            throw GatehouseError(.notFound, "There is no such node.", details: ["parameter": "uuid"])
        }
        return node
    }
}
