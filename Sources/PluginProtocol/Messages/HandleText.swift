// SPDX-License-Identifier: Apache-2.0

import JSONRPC
package import Model

/// The text of the two messages that there are most of, without a detour over JSON values.
///
/// A test holds that it is what `JSONWriter` makes of the same messages.
private struct MessageText {
    var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func string(_ text: String) { JSONWriter.write(text, to: &bytes) }

    /// A member's name, with all that stands before its text, and its text.
    mutating func member(_ name: String, _ text: String) {
        raw(name)
        string(text)
    }

    /// The body, as a text where it is one.
    mutating func body(_ body: [UInt8]) {
        guard BodyText.isText(body) else { return member("\"bodyBase64\":", BodyText.base64(body)) }
        raw("\"body\":")
        JSONWriter.write(utf8: body, to: &bytes)
    }

    mutating func headers(_ headers: [(name: String, value: String)]) {
        raw("[")
        for (index, header) in headers.enumerated() {
            raw(index == 0 ? "[" : ",[")
            string(header.name)
            raw(",")
            string(header.value)
            raw("]")
        }
        raw("]")
    }
}

/// A request without its body: what stays the same while a client repeats itself, written once.
package struct HandleFrame: Sendable {
    private static let lead = Array(",\"jsonrpc\":\"2.0\",\"method\":\"\(HandleCall.method)\",\"params\":{".utf8)

    /// Everything after the token.
    private let tail: [UInt8]

    /// Writes what a request says beside its body.
    package init(_ request: RouteRequest) {
        var text = MessageText(capacity: 512)
        text.member(",\"client\":{\"address\":", request.address)
        text.member(",\"userAgent\":", request.userAgent)
        text.raw("},\"headers\":")
        text.headers(request.headers)
        if let listener = request.listener {
            text.member(",\"listener\":", listener)
        } else {
            text.raw(",\"listener\":null")
        }
        text.member(",\"method\":", request.method)
        text.member(",\"path\":", request.path)
        text.member(",\"query\":", request.query)
        text.raw(request.isSecure ? ",\"secure\":true}}" : ",\"secure\":false}}")
        tail = text.bytes
    }

    /// The call with this id that hands the request over with that body, as the text of a message.
    package func text(id: Int64, callToken: String, body: [UInt8]) -> [UInt8] {
        var text = MessageText(capacity: 128 + tail.count + body.count)
        text.raw("{\"id\":\(id)")
        text.bytes.append(contentsOf: Self.lead)
        text.body(body)
        text.member(",\"callToken\":", callToken)
        text.bytes.append(contentsOf: tail)
        return text.bytes
    }
}

extension RouteResponse {
    /// The answer to the call with this id, as the text of a message.
    package func text(id: JSONValue) -> [UInt8] {
        var text = MessageText(capacity: 512 + body.count)
        text.raw("{\"id\":")
        text.bytes.append(contentsOf: JSONWriter.bytes(id))
        text.raw(",\"jsonrpc\":\"2.0\",\"result\":{")
        text.body(body)
        text.raw(",\"cookies\":[")
        for (index, cookie) in cookies.enumerated() {
            text.raw(index == 0 ? "{" : ",{")
            if let age = cookie.maxAge { text.raw("\"maxAge\":\(age),") }
            text.member("\"name\":", cookie.name)
            text.member(",\"value\":", cookie.value)
            text.raw("}")
        }
        text.raw("],\"headers\":")
        text.headers(headers)
        text.raw(",\"status\":\(status)}}")
        return text.bytes
    }
}
