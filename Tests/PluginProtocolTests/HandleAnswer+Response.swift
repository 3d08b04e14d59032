// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginProtocol

extension HandleAnswer {
    /// The answer that says a response, put together field by field: what its text is held against.
    init(_ response: RouteResponse) throws {
        var members: [String: JSONValue] = ["status": .int(Int64(response.status))]
        members["headers"] = .array(response.headers.map { .array([.string($0.name), .string($0.value)]) })
        members["cookies"] = .array(
            response.cookies.map { cookie in
                var fields: [String: JSONValue] = ["name": .string(cookie.name), "value": .string(cookie.value)]
                fields["maxAge"] = cookie.maxAge.map { .int(Int64($0)) }
                return .object(fields)
            })
        if let text = String(validating: response.body, as: UTF8.self) {
            members["body"] = .string(text)
        } else {
            members["bodyBase64"] = .string(Data(response.body).base64EncodedString())
        }
        try self.init(parameters: members)
    }
}
