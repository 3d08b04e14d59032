// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension CoreAPI {
    static func systemMethods(version: String) -> [Method] {
        [
            Method(
                "audit.list", "Lists the audit log, newest first.", right: .superUser,
                parameters: [
                    .optional("before", .int(1...Int64.max), "Only entries with a lower id."),
                    .optional("limit", .int(1...500), "At most that many; 100 if left out."),
                    .optional("user", .string(maximum: 200), "Only of that user."),
                    .optional("action", .string(maximum: 100), "Only actions that begin with that."),
                ],
                result: "{entries, more}"
            ) { call in
                let arguments = call.arguments
                let found = try await call.core.audit.entries(
                    AuditFilter(
                        before: arguments.optionalInt("before"), limit: Int(arguments.optionalInt("limit") ?? 100),
                        user: arguments.optionalString("user"), action: arguments.optionalString("action")))
                return ["entries": .array(found.entries.map(Render.audit)), "more": .bool(found.more)]
            },
            Method(
                "system.status", "Tells how the host is doing.", right: .superUser,
                result: "{version, startedAt, uptimeSeconds, nodes, machines, sessions, consoles, databaseVersion}",
                isActivity: false
            ) { call in try await status(call, version: version) },
            Method(
                "system.backup", "Copies the database to a file in the data directory, for `gatehouse backup` to take.",
                right: .local, result: "{file, databaseVersion, version}", isChange: true
            ) { call in
                let copy = try await call.core.copier.copyDatabase()
                return [
                    "file": .string(copy.path), "databaseVersion": .int(Int64(copy.version)),
                    "version": .string(version),
                ]
            },
        ]
    }

    private static func status(_ call: Call, version: String) async throws -> JSONValue {
        var nodes: [String: Int64] = ["connecting": 0, "online": 0, "unreachable": 0, "disabled": 0]
        var machines = 0
        for node in await call.core.inventory.allNodes() {
            nodes[node.state.word, default: 0] += 1
            machines += node.machineCount
        }
        let uptime = call.core.time.now().timeIntervalSince(call.core.startedAt)
        return [
            "version": .string(version), "startedAt": Render.time(call.core.startedAt),
            "uptimeSeconds": .int(Int64(uptime)), "nodes": .object(nodes.mapValues(JSONValue.int)),
            "machines": .int(Int64(machines)), "sessions": .int(Int64(await call.core.sessions.count)),
            "consoles": .int(Int64(await call.core.consoles.counters().open)),
            "databaseVersion": .int(Int64(try await call.core.settings.schemaVersion())),
        ]
    }

    /// The method that describes all others, as an OpenRPC document (spec.open-rpc.org, 1.3).
    static func describeMethod(_ table: [Method], version: String) -> Method {
        let summary = "Describes every method, as an OpenRPC document."
        let itself = Method(
            "api.describe", summary, right: .anonymous, result: "an OpenRPC document", isActivity: false
        ) { _ in .null }
        let methods = (table + [itself]).sorted { $0.name < $1.name }.map(describe)
        let document: JSONValue = [
            "openrpc": "1.3.2", "info": ["title": "Gatehouse core API", "version": .string(version)],
            "methods": .array(methods),
        ]
        return Method(
            "api.describe", summary, right: .anonymous, result: "an OpenRPC document", isActivity: false
        ) { _ in document }
    }

    private static func describe(_ method: Method) -> JSONValue {
        [
            "name": .string(method.name), "summary": .string(method.summary), "paramStructure": "by-name",
            "params": .array(
                method.parameters.map { parameter in
                    [
                        "name": .string(parameter.name), "description": .string(parameter.summary),
                        "required": .bool(parameter.isRequired), "schema": parameter.schema,
                    ]
                }),
            "result": ["name": "result", "description": .string(method.result), "schema": [:]],
            "x-right": .string(method.right.rawValue), "x-change": .bool(method.isChange),
        ]
    }
}
