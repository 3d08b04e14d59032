// SPDX-License-Identifier: Apache-2.0

package import Model

/// A call as JSON-RPC 2.0 carries it (jsonrpc.org/specification, section 4).
package struct RPCRequest: Sendable, Equatable {
    /// The method's name, at most 100 characters.
    package var method: String
    /// The parameters by name; a call by position is refused.
    package var parameters: [String: JSONValue]
    /// What the answer repeats; nil for a notification, which gets no answer.
    package var id: JSONValue?

    /// Makes a call.
    package init(method: String, parameters: [String: JSONValue], id: JSONValue?) {
        self.method = method
        self.parameters = parameters
        self.id = id
    }

    /// The call as a JSON value.
    package var json: JSONValue {
        var members: [String: JSONValue] = ["jsonrpc": "2.0", "method": .string(method), "params": .object(parameters)]
        members["id"] = id
        return .object(members)
    }
}

/// An answer as JSON-RPC 2.0 carries it (section 5).
package struct RPCResponse: Sendable, Equatable {
    /// What the call had as its id; `null` where that could not be read.
    package var id: JSONValue
    /// The result or the error.
    package var outcome: Result<JSONValue, GatehouseError>

    /// Makes an answer.
    package init(id: JSONValue, outcome: Result<JSONValue, GatehouseError>) {
        self.id = id
        self.outcome = outcome
    }

    /// The answer as a JSON value.
    package var json: JSONValue {
        switch outcome {
        case .success(let result): ["jsonrpc": "2.0", "id": id, "result": result]
        case .failure(let error): ["jsonrpc": "2.0", "id": id, "error": error.rpcObject]
        }
    }

    /// Reads an answer; throws `parseError` where it is none.
    package init(json: JSONValue) throws {
        guard let members = json.objectValue, members["jsonrpc"] == "2.0", let id = members["id"] else {
            throw GatehouseError(.parseError, "The answer is not JSON-RPC 2.0.")
        }
        self.id = id
        if let error = members["error"] {
            outcome = .failure(GatehouseError(rpcObject: error))
        } else if let result = members["result"] {
            outcome = .success(result)
        } else {
            throw GatehouseError(.parseError, "The answer has neither result nor error.")
        }
    }
}

/// What one message holds.
package enum RPCMessage: Sendable, Equatable {
    case single(Result<RPCRequest, RPCRefusal>)
    case batch([Result<RPCRequest, RPCRefusal>])

    /// Reads a message.
    ///
    /// - Throws: `parseError` for no JSON, `invalidRequest` for an empty batch, `limitExceeded` for a long one.
    package static func parse(_ bytes: [UInt8], maximumDepth: Int, maximumBatch: Int) throws -> RPCMessage {
        let value = try JSONParser.parse(bytes, maximumDepth: maximumDepth)
        guard case .array(let elements) = value else { return .single(request(value)) }
        guard !elements.isEmpty else { throw GatehouseError(.invalidRequest, "A batch needs at least one call.") }
        guard elements.count <= maximumBatch else {
            throw GatehouseError(.limitExceeded, "A batch may hold at most \(maximumBatch) calls; send several.")
        }
        return .batch(elements.map(request))
    }

    private static func request(_ value: JSONValue) -> Result<RPCRequest, RPCRefusal> {
        guard let members = value.objectValue else {
            return .failure(RPCRefusal(id: .null, "A call is a JSON object."))
        }
        let id = members["id"]
        switch id {
        case .none, .null, .string, .int: break
        default: return .failure(RPCRefusal(id: .null, "An id is a string, a whole number or null."))
        }
        guard members["jsonrpc"] == "2.0" else {
            return .failure(RPCRefusal(id: id ?? .null, "A call needs \"jsonrpc\": \"2.0\"."))
        }
        guard let method = members["method"]?.stringValue, method.utf8.count <= 100 else {
            return .failure(RPCRefusal(id: id ?? .null, "A call needs a method, a string of at most 100 bytes."))
        }
        switch members["params"] {
        case .none: return .success(RPCRequest(method: method, parameters: [:], id: id))
        case .object(let named): return .success(RPCRequest(method: method, parameters: named, id: id))
        default:
            return .failure(RPCRefusal(id: id ?? .null, "Parameters are given by name: params must be an object."))
        }
    }
}

/// A part of a message that is no call, with the id to answer to.
package struct RPCRefusal: Error, Sendable, Equatable {
    /// The id to answer with.
    package let id: JSONValue
    /// What is wrong.
    package let error: GatehouseError

    init(id: JSONValue, _ message: String) {
        self.id = id
        self.error = GatehouseError(.invalidRequest, message)
    }
}

extension GatehouseError {
    /// The error object of JSON-RPC 2.0 (section 5.1): number, message, and the code's word in `data.code`.
    package var rpcObject: JSONValue {
        var data = details
        data["code"] = .string(code.rawValue)
        return ["code": .int(code.rpcNumber), "message": .string(message), "data": .object(data)]
    }

    /// Reads an error object; an unknown code counts as `internal`.
    package init(rpcObject: JSONValue) {
        var details = rpcObject["data"]?.objectValue ?? [:]
        let code = details.removeValue(forKey: "code")?.stringValue.flatMap(Code.init(rawValue:))
        self.init(code ?? .internal, rpcObject["message"]?.stringValue ?? "no message", details: details)
    }
}

extension GatehouseError.Code {
    /// The number that JSON-RPC 2.0 carries for it (section 5.1; -32000 to -32099 are the server's own).
    package var rpcNumber: Int64 {
        switch self {
        case .parseError: -32700
        case .invalidRequest: -32600
        case .methodNotFound: -32601
        case .invalidParameters: -32602
        case .internal: -32603
        case .unauthenticated: -32001
        case .forbidden: -32002
        case .notFound: -32003
        case .conflict: -32004
        case .consoleLocked: -32005
        case .consoleUnreachable: -32006
        case .machineLocked: -32007
        case .nodeUnreachable: -32008
        case .unsupported: -32009
        case .limitExceeded: -32010
        case .rateLimited: -32011
        case .timeout: -32012
        case .storageFailed: -32013
        case .expired: -32014
        case .hypervisorFailed: -32015
        case .pluginFailed: -32016
        }
    }
}
