// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSONRPC
import Model
import XMLRPC

/// The same calls as JSON: `{method, params, id}` is answered with `{result, error, id}`.
enum JSONTwin {
    /// A call with what its answer repeats.
    struct Request {
        let call: XMLRPCCall
        let id: JSONValue
    }

    /// Reads a call.
    ///
    /// - Throws: a `GatehouseError`, or a fault that names what is wrong.
    static func request(_ body: [UInt8]) throws -> Request {
        let json = try JSONParser.parse(body, maximumDepth: 32)
        guard let method = json["method"]?.stringValue, method.utf8.count <= 200 else {
            throw ZentificFault.notXML.fault("A call is an object with a method and params.")
        }
        let parameters = json["params"] ?? []
        guard let list = parameters.isNull ? [] : parameters.arrayValue else {
            throw ZentificFault.notXML.fault("Parameters are given by place: params is an array.")
        }
        return Request(call: XMLRPCCall(method: method, parameters: try list.map(value)), id: json["id"] ?? .null)
    }

    /// The bytes of an answer.
    static func bytes(_ response: XMLRPCResponse, id: JSONValue) -> [UInt8] {
        switch response {
        case .value(let value): JSONWriter.bytes(["result": json(value), "error": nil, "id": id])
        case .fault(let fault):
            JSONWriter.bytes([
                "result": nil, "error": ["code": .int(Int64(fault.code)), "message": .string(fault.text)], "id": id,
            ])
        }
    }

    private static func value(_ json: JSONValue) throws -> XMLRPCValue {
        switch json {
        case .null: throw ZentificFault.notXML.fault("There is no null in this API; leave the value out.")
        case .bool(let flag): .boolean(flag)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .string(let text): .string(text)
        case .array(let elements): .array(try elements.map(value))
        case .object(let members):
            .structure(
                try members.sorted { $0.key < $1.key }.map { XMLRPCMember($0.key, try value($0.value)) })
        }
    }

    private static func json(_ value: XMLRPCValue) -> JSONValue {
        switch value {
        case .int(let number): .int(number)
        case .boolean(let flag): .bool(flag)
        case .double(let number): .double(number)
        case .string(let text): .string(text)
        case .dateTime(let moment): .string(moment.description)
        case .base64(let bytes): .string(Data(bytes).base64EncodedString())
        case .array(let elements): .array(elements.map(json))
        case .structure(let members):
            .object(Dictionary(members.map { ($0.name, json($0.value)) }) { first, _ in first })
        }
    }
}
