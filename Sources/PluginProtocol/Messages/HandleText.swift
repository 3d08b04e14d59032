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

    /// The first members, of which there is one at most.
    mutating func body(_ body: String?, base64: String?) {
        for (name, text) in [("\"body\":", body), ("\"bodyBase64\":", base64)] {
            guard let text else { continue }
            member(name, text)
            raw(",")
        }
    }

    mutating func headers(_ headers: [HeaderField]) {
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

extension HandleCall {
    /// The call with this id, as the text of a message.
    package func text(id: Int64) -> [UInt8] {
        var text = MessageText(capacity: 512 + (body ?? bodyBase64 ?? "").utf8.count)
        text.raw("{\"id\":\(id),\"jsonrpc\":\"2.0\",\"method\":\"\(Self.method)\",\"params\":{")
        text.body(body, base64: bodyBase64)
        text.member("\"callToken\":", callToken)
        text.member(",\"client\":{\"address\":", client.address)
        text.member(",\"userAgent\":", client.userAgent)
        text.raw("},\"headers\":")
        text.headers(headers)
        if let listener { text.member(",\"listener\":", listener) } else { text.raw(",\"listener\":null") }
        text.member(",\"method\":", method)
        text.member(",\"path\":", path)
        text.member(",\"query\":", query)
        text.raw(secure ? ",\"secure\":true}}" : ",\"secure\":false}}")
        return text.bytes
    }
}

extension HandleAnswer {
    /// The answer to the call with this id, as the text of a message.
    package func text(id: JSONValue) -> [UInt8] {
        var text = MessageText(capacity: 256 + (body ?? bodyBase64 ?? "").utf8.count)
        text.raw("{\"id\":")
        text.bytes.append(contentsOf: JSONWriter.bytes(id))
        text.raw(",\"jsonrpc\":\"2.0\",\"result\":{")
        text.body(body, base64: bodyBase64)
        if let cookies {
            text.raw("\"cookies\":[")
            for (index, cookie) in cookies.enumerated() {
                text.raw(index == 0 ? "{" : ",{")
                if let age = cookie.maxAge { text.raw("\"maxAge\":\(age),") }
                text.member("\"name\":", cookie.name)
                text.member(",\"value\":", cookie.value)
                text.raw("}")
            }
            text.raw("],")
        }
        if let headers {
            text.raw("\"headers\":")
            text.headers(headers)
            text.raw(",")
        }
        text.raw("\"status\":\(status)}}")
        return text.bytes
    }
}
