// SPDX-License-Identifier: Apache-2.0

package import Model

/// What a plugin answers to a request on one of its routes.
package struct HandleAnswer: ContractObject {
    /// A cookie for the client; the host adds `Secure; HttpOnly; SameSite=Strict`.
    package struct Cookie: Codable, Sendable, Equatable {
        /// Its name, one that the route names.
        package var name: String
        /// Its value; empty to take it back.
        package var value: String
        /// Seconds that it lasts; nil for as long as the browser runs.
        package var maxAge: Int?

        /// Makes a cookie.
        package init(name: String, value: String, maxAge: Int? = nil) {
            self.name = name
            self.value = value
            self.maxAge = maxAge
        }
    }

    /// The HTTP status.
    package var status: Int
    /// The headers in order, names in lower case; none where it is left out.
    package var headers: [HeaderField]?
    /// The cookies; none where it is left out.
    package var cookies: [Cookie]?
    /// The body, where it is text in UTF-8.
    package var body: String?
    /// The body in Base64, where it is not.
    package var bodyBase64: String?

    init(status: Int) { self.status = status }

    /// Reads the fields by hand.
    package init(parameters: [String: JSONValue]) throws {
        let members = FieldReader(parameters)
        status = try members.int("status")
        headers = try members.optionalArray("headers").map(HeaderField.list)
        cookies = try members.optionalArray("cookies").map { list in
            try list.enumerated().map { index, value in
                let cookie = FieldReader(value.objectValue ?? [:], at: "cookies[\(index)]")
                return Cookie(
                    name: try cookie.string("name"), value: try cookie.string("value"),
                    maxAge: try cookie.optionalInt("maxAge"))
            }
        }
        body = try members.optionalString("body")
        bodyBase64 = try members.optionalString("bodyBase64")
    }

    /// Writes the fields by hand.
    package func parameters() -> [String: JSONValue] {
        var members: [String: JSONValue] = ["status": .int(Int64(status))]
        if let headers { members["headers"] = .array(headers.map(\.json)) }
        if let cookies {
            members["cookies"] = .array(
                cookies.map { cookie in
                    var fields: [String: JSONValue] = ["name": .string(cookie.name), "value": .string(cookie.value)]
                    if let age = cookie.maxAge { fields["maxAge"] = .int(Int64(age)) }
                    return .object(fields)
                })
        }
        if let body { members["body"] = .string(body) }
        if let bodyBase64 { members["bodyBase64"] = .string(bodyBase64) }
        return members
    }

    /// The most headers of an answer.
    package static let mostHeaders = 64
    /// The most cookies of an answer.
    package static let mostCookies = 8
    /// The longest header or cookie, name and value, in bytes.
    package static let longestHeader = 8_192

    /// The response, checked so that it can be sent on as it is.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    package func response() throws -> RouteResponse {
        guard (200...599).contains(status) else {
            throw GatehouseError.invalidParameter("status", "status must be 200 to 599; it is \(status).")
        }
        let headers = headers ?? []
        let cookies = cookies ?? []
        guard headers.count <= Self.mostHeaders, cookies.count <= Self.mostCookies else {
            throw GatehouseError.invalidParameter(
                "headers", "An answer has at most \(Self.mostHeaders) headers and \(Self.mostCookies) cookies.")
        }
        for (index, header) in headers.enumerated() { try header.check(at: "headers[\(index)]") }
        for (index, cookie) in cookies.enumerated() { try cookie.check(at: "cookies[\(index)]") }
        return RouteResponse(
            status: status, headers: headers.map { ($0.name, $0.value) },
            cookies: cookies.map { RouteCookie(name: $0.name, value: $0.value, maxAge: $0.maxAge) },
            body: try BodyText.bytes(body: body, base64: bodyBase64))
    }
}

extension HandleAnswer.Cookie {
    /// RFC 6265, section 4.1.1: no space, quote, comma, semicolon, backslash or control character.
    fileprivate func check(at field: String) throws {
        let isHarmless = value.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\\"): false
            default: (0x21...0x7E).contains(byte)
            }
        }
        guard HeaderField.isToken(name), isHarmless, name.utf8.count + value.utf8.count <= HandleAnswer.longestHeader
        else {
            throw GatehouseError.invalidParameter(
                field, "\(field) needs a name of token characters and a value as RFC 6265 allows.")
        }
    }
}
