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
                NodeStruct.value(try await call.shownNode())
            },
            ZentificMethod("Node.supportsHvm", [.uuid()], returns: "boolean") { call in
                let node = try await call.shownNode()
                guard let details = node["details"], !details.isNull else {
                    throw GatehouseError(.nodeUnreachable, "The node does not say now; try again later.")
                }
                return .boolean(details["supportsHVM"] == true)
            },
            job("Node.enterMaintenanceMode", "node.enterMaintenance"),
            // The other way, which the document leaves open.
            job("Node.leaveMaintenanceMode", "node.leaveMaintenance"),
        ] + access("Node", of: { call in ["node": try await call.listedNode()["name"] ?? .null] })

    private static func job(_ name: String, _ kind: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: "int, the job's number") { call in
            let node = try await call.listedNode()["name"] ?? .null
            let job = try await call.core("job.submit", ["kind": .string(kind), "parameters": ["node": node]])["job"]
            return .int(job?["id"]?.intValue ?? 0)
        }
    }
}

extension ZentificCall {
    /// The nodes that the caller may see.
    func nodes() async throws -> [JSONValue] { try await core("node.list")["nodes"]?.arrayValue ?? [] }

    /// The node that the call names, with what it says of itself.
    fileprivate func shownNode() async throws -> JSONValue {
        try await core("node.show", ["node": try await listedNode()["name"] ?? .null])["node"] ?? .null
    }

    /// The node that the call names.
    func listedNode() async throws -> JSONValue { try await listedNode(arguments.text("uuid"), parameter: "uuid") }

    /// The node of that UUID, which a parameter of the call gave.
    func listedNode(_ uuid: String, parameter: String) async throws -> JSONValue {
        let number = NodeUUID.number(uuid)
        guard let number, let node = try await nodes().first(where: { $0["id"]?.intValue == number }) else {
            throw GatehouseError(.notFound, "There is no such node.", details: ["parameter": .string(parameter)])
        }
        return node
    }
}
