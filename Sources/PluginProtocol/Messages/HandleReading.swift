// SPDX-License-Identifier: Apache-2.0

import Model

/// Reads the text of the two messages that there are most of, without a detour over JSON values.
///
/// It knows but the form in which `HandleFrame.text` and `RouteResponse.text` write them. Whatever looks different is
/// nil here and read by the general parser, which also says what is wrong with it.
private struct MessageScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    /// What has not been read yet.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    /// Takes this text, where it is what comes next.
    mutating func take(_ text: String) -> Bool {
        var place = position
        for byte in text.utf8 {
            guard place < bytes.count, bytes[place] == byte else { return false }
            place += 1
        }
        position = place
        return true
    }

    /// A whole number of at most 18 digits.
    mutating func number() -> Int64? {
        let isNegative = take("-")
        let start = position
        var number: Int64 = 0
        while position < bytes.count, (0x30...0x39).contains(bytes[position]), position - start < 18 {
            number = number * 10 + Int64(bytes[position] - 0x30)
            position += 1
        }
        let count = position - start
        guard count > 0, count == 1 || bytes[start] != 0x30 else { return nil }
        return isNegative ? -number : number
    }

    /// A string with its quotes.
    mutating func string() -> String? {
        guard take("\"") else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return String(utf8: bytes[start..<position])
            case UInt8(ascii: "\\"): return escapedString(from: start)
            case 0..<0x20: return nil
            default: position += 1
            }
        }
        return nil
    }

    private mutating func escapedString(from start: Int) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(2 * (position - start) + 64)
        text.append(contentsOf: bytes[start..<position])
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return String(utf8: text[...])
            case UInt8(ascii: "\\"):
                guard position + 1 < bytes.count, let plain = Self.plain(bytes[position + 1]) else { return nil }
                text.append(plain)
                position += 2
            case 0..<0x20: return nil
            default:
                let from = position
                while position < bytes.count, Self.standsForItself(bytes[position]) { position += 1 }
                text.append(contentsOf: bytes[from..<position])
            }
        }
        return nil
    }

    private static func standsForItself(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// What an escape of one letter stands for; those by number are left to the general parser.
    private static func plain(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// A member with its name and colon as given, and the comma after it; nil where another one stands.
    mutating func member(_ name: String) -> String? {
        let start = position
        guard take(name), let text = string(), take(",") else {
            position = start
            return nil
        }
        return text
    }

    /// Headers as arrays of a name and a value.
    mutating func headers() -> [HeaderField]? {
        guard take("[") else { return nil }
        var headers: [HeaderField] = []
        if take("]") { return headers }
        while true {
            guard take("["), let name = string(), take(","), let value = string(), take("]") else { return nil }
            headers.append(HeaderField(name: name, value: value))
            if take("]") { return headers }
            guard take(",") else { return nil }
        }
    }

    mutating func cookies() -> [HandleAnswer.Cookie]? {
        guard take("[") else { return nil }
        var cookies: [HandleAnswer.Cookie] = []
        if take("]") { return cookies }
        while true {
            guard take("{") else { return nil }
            var age: Int64?
            if take("\"maxAge\":") {
                age = number()
                guard age != nil, take(",") else { return nil }
            }
            guard take("\"name\":"), let name = string(), take(",\"value\":"), let value = string(), take("}") else {
                return nil
            }
            cookies.append(HandleAnswer.Cookie(name: name, value: value, maxAge: age.map { Int($0) }))
            if take("]") { return cookies }
            guard take(",") else { return nil }
        }
    }
}

/// Reads handed-over requests; what one has in common with the one before it is read but once.
package struct HandleCallReader: Sendable {
    /// What is compared at most, in bytes.
    private static let longestTail = 4_096

    /// What stood behind the token of the last one, and what that said.
    private var tail: [UInt8] = []
    private var last: HandleCall?

    /// Starts with nothing read.
    package init() {}

    /// Reads the call that `HandleFrame.text` wrote; nil for every other text.
    package mutating func read(_ text: [UInt8]) -> (id: Int64, call: HandleCall)? {
        var scanner = MessageScanner(text)
        guard scanner.take("{\"id\":"), let id = scanner.number(),
            scanner.take(",\"jsonrpc\":\"2.0\",\"method\":\"rpc.handle\",\"params\":{")
        else { return nil }
        let body = scanner.member("\"body\":")
        let base64 = scanner.member("\"bodyBase64\":")
        guard let token = scanner.member("\"callToken\":"), var call = known(scanner.rest) ?? frame(scanner) else {
            return nil
        }
        call.callToken = token
        call.body = body
        call.bodyBase64 = base64
        return (id, call)
    }

    private func known(_ rest: ArraySlice<UInt8>) -> HandleCall? { rest == tail[...] ? last : nil }

    /// Reads everything behind the token, and keeps it.
    private mutating func frame(_ scanner: MessageScanner) -> HandleCall? {
        let rest = scanner.rest
        var scanner = scanner
        guard scanner.take("\"client\":{"), let address = scanner.member("\"address\":"),
            scanner.take("\"userAgent\":"), let userAgent = scanner.string(), scanner.take("},\"headers\":"),
            let headers = scanner.headers(), scanner.take(",\"listener\":")
        else { return nil }
        let hasListener = !scanner.take("null")
        let listener = hasListener ? scanner.string() : nil
        guard hasListener == (listener != nil), scanner.take(","), let method = scanner.member("\"method\":"),
            let path = scanner.member("\"path\":"), let query = scanner.member("\"query\":")
        else { return nil }
        let isSecure = scanner.take("\"secure\":true}}")
        guard isSecure || scanner.take("\"secure\":false}}"), scanner.isAtEnd else { return nil }
        let call = HandleCall(
            callToken: "", method: method, path: path, query: query, headers: headers, body: nil, bodyBase64: nil,
            client: HandleCall.Client(address: address, userAgent: userAgent), listener: listener, secure: isSecure)
        (tail, last) = rest.count <= Self.longestTail ? (Array(rest), call) : ([], nil)
        return call
    }
}

extension HandleAnswer {
    /// Reads the answer that `RouteResponse.text` wrote; nil for every other text.
    package static func read(_ text: [UInt8]) -> (id: Int64, answer: HandleAnswer)? {
        var scanner = MessageScanner(text)
        guard scanner.take("{\"id\":"), let id = scanner.number(), scanner.take(",\"jsonrpc\":\"2.0\",\"result\":{")
        else { return nil }
        var answer = HandleAnswer(status: 0)
        answer.body = scanner.member("\"body\":")
        answer.bodyBase64 = scanner.member("\"bodyBase64\":")
        if scanner.take("\"cookies\":") {
            answer.cookies = scanner.cookies()
            guard answer.cookies != nil, scanner.take(",") else { return nil }
        }
        if scanner.take("\"headers\":") {
            answer.headers = scanner.headers()
            guard answer.headers != nil, scanner.take(",") else { return nil }
        }
        guard scanner.take("\"status\":"), let status = scanner.number(), scanner.take("}}"), scanner.isAtEnd else {
            return nil
        }
        answer.status = Int(status)
        return (id, answer)
    }
}
