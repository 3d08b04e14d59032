// SPDX-License-Identifier: Apache-2.0

import Core
import JSONRPC
import Model

/// How large the parameters and the result of a job may be, in bytes.
let maximumJobBytes = 65_536

extension CoreServices {
    /// Calls a method; what a job calls goes through the ledger, so that nothing is done twice.
    func carryOut(
        _ method: Method, _ parameters: [String: JSONValue], principal: Principal,
        _ body: @escaping @Sendable () async throws -> JSONValue
    ) async throws -> JSONValue {
        guard case .work(let work) = principal.identity else { return try await body() }
        return try await jobs.carryOut(
            work, method: method.name, parameters: normal(parameters), isChange: method.isChange, kept: kept, body)
    }

    /// Parameters as a job keeps them: without those that are null, and whole numbers as such.
    func normal(_ parameters: [String: JSONValue]) -> [String: JSONValue] {
        parameters.filter { !$0.value.isNull }.mapValues(normal)
    }

    private func normal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .double(let number): Int64(exactly: number).map(JSONValue.int) ?? value
        case .array(let elements): .array(elements.map(normal))
        case .object(let members): .object(members.mapValues(normal))
        case .null, .bool, .int, .string: value
        }
    }

    /// A result as a job keeps it.
    private func kept(_ result: JSONValue) -> JSONValue {
        JSONWriter.bytes(result).count <= maximumJobBytes
            ? result : ["leftOut": .string("The result is larger than \(maximumJobBytes) bytes.")]
    }
}
