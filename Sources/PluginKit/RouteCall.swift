// SPDX-License-Identifier: Apache-2.0

import Model

/// A request on one of the plugin's routes.
public struct RouteCall: Sendable {
    /// For calls in the client's name; it is nobody's until `session.login` or `session.resume`, and dies with
    /// the answer.
    public var token: String
    /// The HTTP method.
    public var method: String
    /// The path, as it was sent.
    public var path: String
    /// The query without its question mark.
    public var query: String
    /// The headers in order, names in lower case.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// The client's address.
    public var address: String
    /// What the client calls itself.
    public var userAgent: String
    /// The plugin's own listener that it came in on, such as `0.0.0.0:4444`; nil for the main one.
    public var listener: String?
    /// Whether the connection is private.
    public var isSecure: Bool

    /// Makes a request; for tests.
    public init(
        token: String, method: String = "GET", path: String, query: String = "",
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], address: String = "127.0.0.1",
        userAgent: String = "", listener: String? = nil, isSecure: Bool = true
    ) {
        self.token = token
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.address = address
        self.userAgent = userAgent
        self.listener = listener
        self.isSecure = isSecure
    }

    init(_ request: RouteRequest, token: String) {
        self.init(
            token: token, method: request.method, path: request.path, query: request.query,
            headers: request.headers, body: request.body, address: request.address, userAgent: request.userAgent,
            listener: request.listener, isSecure: request.isSecure)
    }

    /// The first header of that name, in any case; nil where there is none.
    public func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name == name }?.value
    }

    /// The cookie of that name; nil where there is none.
    public func cookie(_ name: String) -> String? {
        for header in headers where header.name == "cookie" {
            for pair in header.value.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == name else { continue }
                return String(parts[1])
            }
        }
        return nil
    }

    /// The first value of that name in the query, decoded; nil where there is none.
    public func queryValue(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if Self.decoded(parts[0]) == name { return parts.count == 2 ? Self.decoded(parts[1]) : "" }
        }
        return nil
    }

    /// A text of a query (URL Standard, section 5.1): `+` is a space, `%` and two digits are a byte.
    private static func decoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%"), place + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[place + 1...place + 2], as: UTF8.self), radix: 16)
            {
                result.append(byte)
                place += 3
            } else {
                result.append(bytes[place] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
