// SPDX-License-Identifier: Apache-2.0

import JSONRPC
package import Model

/// One message between the host and a plugin: JSON-RPC 2.0 on a line.
package enum Message: Sendable, Equatable {
    /// Asks for an answer.
    case call(id: JSONValue, method: String, parameters: [String: JSONValue])
    /// Says something and wants no answer.
    case notification(method: String, parameters: [String: JSONValue])
    /// Answers the call of that id.
    case response(id: JSONValue, outcome: Result<JSONValue, GatehouseError>)

    /// The longest name of a method, in bytes.
    package static let longestMethod = 100
    /// The longest id that is a string, in bytes.
    package static let longestID = 100

    /// Reads a message.
    ///
    /// - Throws: `invalidRequest`, with what is wrong.
    package init(json: JSONValue) throws {
        guard let members = json.objectValue, members["jsonrpc"] == "2.0" else {
            throw GatehouseError(.invalidRequest, "A message is a JSON object with \"jsonrpc\": \"2.0\".")
        }
        let id = try Self.id(members["id"])
        guard let method = members["method"] else {
            self = try Self.response(id, members)
            return
        }
        guard let name = method.stringValue, !name.isEmpty, name.utf8.count <= Self.longestMethod else {
            throw GatehouseError(
                .invalidRequest, "The method of a message is a string of 1 to \(Self.longestMethod) bytes.")
        }
        var parameters: [String: JSONValue] = [:]
        switch members["params"] {
        case .none: break
        case .object(let named): parameters = named
        default: throw GatehouseError(.invalidRequest, "Parameters are given by name: params must be an object.")
        }
        self =
            id.map { .call(id: $0, method: name, parameters: parameters) }
            ?? .notification(method: name, parameters: parameters)
    }

    private static func id(_ value: JSONValue?) throws -> JSONValue? {
        switch value {
        case .none: return nil
        case .int: return value
        case .string(let text) where text.utf8.count <= longestID: return value
        default:
            throw GatehouseError(
                .invalidRequest, "The id of a message is a whole number or a string of at most \(longestID) bytes.")
        }
    }

    private static func response(_ id: JSONValue?, _ members: [String: JSONValue]) throws -> Message {
        guard let id else {
            throw GatehouseError(.invalidRequest, "A message has a method, or the id of the call that it answers.")
        }
        switch (members["result"], members["error"]) {
        case (let result?, nil): return .response(id: id, outcome: .success(result))
        case (nil, let error?): return .response(id: id, outcome: .failure(GatehouseError(remote: error)))
        default: throw GatehouseError(.invalidRequest, "An answer has either a result or an error.")
        }
    }

    /// The message as a JSON value.
    package var json: JSONValue {
        switch self {
        case .call(let id, let method, let parameters):
            ["jsonrpc": "2.0", "id": id, "method": .string(method), "params": .object(parameters)]
        case .notification(let method, let parameters):
            ["jsonrpc": "2.0", "method": .string(method), "params": .object(parameters)]
        case .response(let id, .success(let result)): ["jsonrpc": "2.0", "id": id, "result": result]
        case .response(let id, .failure(let error)): ["jsonrpc": "2.0", "id": id, "error": error.rpcObject]
        }
    }

    /// Reads a message from its text.
    ///
    /// - Throws: `parseError` or `invalidRequest`, with what is wrong.
    package init(text: [UInt8]) throws {
        try self.init(json: JSONParser.parse(text, maximumDepth: MessageLimits.depth))
    }
}

extension GatehouseError {
    /// The longest text of an error that is taken over from the other side, in characters.
    private static let longestMessage = 2_000

    /// Reads an error object of the other side; one without a code word is known by its number.
    init(remote object: JSONValue) {
        var error = GatehouseError(rpcObject: object)
        if object["data"]?["code"] == nil, let number = object["code"]?.intValue,
            let code = Code.allCases.first(where: { $0.rpcNumber == number })
        {
            error = GatehouseError(code, error.message, details: error.details)
        }
        guard error.message.count > Self.longestMessage else {
            self = error
            return
        }
        self.init(error.code, String(error.message.prefix(Self.longestMessage)), details: error.details)
    }

    /// The answer to a method that the other side does not know.
    package static func unknownMethod(_ name: String) -> GatehouseError {
        GatehouseError(.methodNotFound, "There is no method \(name) in this version of the contract.")
    }
}
