// SPDX-License-Identifier: Apache-2.0

import JSONRPC
public import Model

/// What a plugin answers to a request.
public struct RouteReply: Sendable {
    /// A cookie for the client; the host adds `Secure; HttpOnly; SameSite=Strict`.
    public struct Cookie: Sendable, Equatable {
        /// Its name, one that the route names in the manifest.
        public var name: String
        /// Its value; empty to take it back.
        public var value: String
        /// Seconds that it lasts; nil for as long as the browser runs.
        public var maxAge: Int?

        /// Makes a cookie.
        public init(name: String, value: String, maxAge: Int? = nil) {
            self.name = name
            self.value = value
            self.maxAge = maxAge
        }
    }

    /// The HTTP status, 200 to 599.
    public var status: Int
    /// The headers; the host leaves out those that are its own.
    public var headers: [(name: String, value: String)]
    /// The cookies.
    public var cookies: [Cookie]
    /// The body.
    public var body: [UInt8]

    /// Makes an answer.
    public init(
        status: Int = 200, headers: [(name: String, value: String)] = [], cookies: [Cookie] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.cookies = cookies
        self.body = body
    }

    /// Answers with bytes of that type.
    public static func bytes(_ body: [UInt8], type: String, status: Int = 200) -> RouteReply {
        RouteReply(status: status, headers: [("content-type", type)], body: body)
    }

    /// Answers with plain text, or with text of another type.
    public static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: Int = 200
    ) -> RouteReply {
        bytes(Array(text.utf8), type: type, status: status)
    }

    /// Answers with JSON.
    public static func json(_ value: JSONValue, status: Int = 200) -> RouteReply {
        bytes(JSONWriter.bytes(value), type: "application/json", status: status)
    }

    var response: RouteResponse {
        RouteResponse(
            status: status, headers: headers,
            cookies: cookies.map { RouteCookie(name: $0.name, value: $0.value, maxAge: $0.maxAge) }, body: body)
    }
}
