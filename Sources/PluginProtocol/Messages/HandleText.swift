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

    /// A member of an object after its first one.
    mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        raw(name)
        string(text)
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
        if let body {
            text.raw("\"body\":")
            text.string(body)
            text.raw(",")
        }
        if let bodyBase64 {
            text.raw("\"bodyBase64\":")
            text.string(bodyBase64)
            text.raw(",")
        }
        text.raw("\"callToken\":")
        text.string(callToken)
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
        if let body {
            text.raw("\"body\":")
            text.string(body)
            text.raw(",")
        }
        if let bodyBase64 {
            text.raw("\"bodyBase64\":")
            text.string(bodyBase64)
            text.raw(",")
        }
        if let cookies {
            text.raw("\"cookies\":[")
            for (index, cookie) in cookies.enumerated() {
                text.raw(index == 0 ? "{" : ",{")
                if let age = cookie.maxAge { text.raw("\"maxAge\":\(age),") }
                text.raw("\"name\":")
                text.string(cookie.name)
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
