// SPDX-License-Identifier: Apache-2.0

package import Model

/// Hands over a request that came in on one of the plugin's routes.
///
/// This is the message that there are most of; so its fields are read and written by hand, and a
/// test holds that its Codable conformance does the same.
package struct HandleCall: ContractCall {
    /// The method's name.
    package static let method = "rpc.handle"

    /// Who sent the request.
    package struct Client: Codable, Sendable, Equatable {
        /// The address.
        package var address: String
        /// What it calls itself.
        package var userAgent: String

        /// Makes a client.
        package init(address: String, userAgent: String) {
            self.address = address
            self.userAgent = userAgent
        }
    }

    /// What calls in the client's name carry; it dies with the answer.
    package var callToken: String
    /// The HTTP method.
    package var method: String
    /// The path, as it was sent.
    package var path: String
    /// The query without its question mark.
    package var query: String
    /// The headers in order, names in lower case.
    package var headers: [HeaderField]
    /// The body, where it is text in UTF-8.
    package var body: String?
    /// The body in Base64, where it is not.
    package var bodyBase64: String?
    /// Who sent the request.
    package var client: Client
    /// The plugin's own listener that it came in on; nil for the main one.
    package var listener: String?
    /// Whether the connection is private.
    package var secure: Bool

    /// Hands over a request.
    package init(_ request: RouteRequest, callToken: String) {
        self.callToken = callToken
        method = request.method
        path = request.path
        query = request.query
        headers = request.headers.map { HeaderField(name: $0.name, value: $0.value) }
        (body, bodyBase64) = BodyText.fields(of: request.body)
        client = Client(address: request.address, userAgent: request.userAgent)
        listener = request.listener
        secure = request.isSecure
    }

    init(
        callToken: String, method: String, path: String, query: String, headers: [HeaderField], body: String?,
        bodyBase64: String?, client: Client, listener: String?, secure: Bool
    ) {
        self.callToken = callToken
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.bodyBase64 = bodyBase64
        self.client = client
        self.listener = listener
        self.secure = secure
    }

    /// Reads the fields by hand.
    package init(parameters: [String: JSONValue]) throws {
        let members = FieldReader(parameters)
        callToken = try members.string("callToken")
        method = try members.string("method")
        path = try members.string("path")
        query = try members.string("query")
        headers = try HeaderField.list(members.array("headers"))
        body = try members.optionalString("body")
        bodyBase64 = try members.optionalString("bodyBase64")
        let client = FieldReader(try members.object("client"), at: "client")
        self.client = Client(address: try client.string("address"), userAgent: try client.string("userAgent"))
        listener = try members.optionalString("listener")
        secure = try members.bool("secure")
    }

    /// Writes the fields by hand.
    package func parameters() -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "callToken": .string(callToken), "method": .string(method), "path": .string(path),
            "query": .string(query), "headers": .array(headers.map(\.json)),
            "client": ["address": .string(client.address), "userAgent": .string(client.userAgent)],
            "listener": .optional(listener), "secure": .bool(secure),
        ]
        if let body { members["body"] = .string(body) }
        if let bodyBase64 { members["bodyBase64"] = .string(bodyBase64) }
        return members
    }

    /// The request as a plugin's code sees it.
    ///
    /// - Throws: `invalidParameters` for Base64 that is none.
    package func request() throws -> RouteRequest {
        RouteRequest(
            method: method, path: path, query: query, headers: headers.map { ($0.name, $0.value) },
            body: try BodyText.bytes(body: body, base64: bodyBase64), address: client.address,
            userAgent: client.userAgent, listener: listener, isSecure: secure)
    }

    /// What the plugin answers.
    package typealias Answer = HandleAnswer
}
