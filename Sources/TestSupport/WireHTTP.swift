// SPDX-License-Identifier: Apache-2.0

import Model

/// A request of HTTP/1.1 as it goes over the wire, right or wrong.
package struct WireRequest: Sendable {
    /// The method.
    package var method: String
    /// The target, as it is.
    package var target: String
    /// The fields, in order.
    package var headers: [(name: String, value: String)]
    /// The body; its length is sent where there is one.
    package var body: [UInt8]

    /// Makes a request.
    package init(
        _ method: String = "GET", _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The bytes.
    package var bytes: [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }
}

/// An answer of HTTP/1.1.
package struct WireAnswer: Sendable {
    /// The status.
    package let status: Int
    /// The fields, names in lower case.
    package let headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8] = []

    /// The first field of that name.
    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// Takes a head off the bytes, if it is complete.
    package static func takeHead(_ bytes: inout [UInt8]) throws -> WireAnswer? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        bytes.removeFirst(end.upperBound)
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]) else {
            throw GatehouseError(.parseError, "This is no answer of HTTP/1.1: \(lines[0].prefix(100))")
        }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].lowercased(), parts.count > 1 ? parts[1].drop { $0 == " " }.description : "")
        }
        return WireAnswer(status: status, headers: headers)
    }

    /// Takes a chunk of a body off the bytes, if it is complete; the last one is empty (RFC 9112, 7.1).
    package static func takeChunk(_ bytes: inout [UInt8]) throws -> [UInt8]? {
        guard let end = bytes.firstRange(of: Array("\r\n".utf8)) else { return nil }
        guard let size = Int(String(decoding: bytes[..<end.lowerBound], as: UTF8.self), radix: 16) else {
            throw GatehouseError(.parseError, "This is no chunk.")
        }
        let start = end.upperBound
        guard bytes.count >= start + size + 2 else { return nil }
        let chunk = Array(bytes[start..<start + size])
        bytes.removeFirst(start + size + 2)
        return chunk
    }
}

extension WireConnection {
    /// Sends a request and waits for the whole answer.
    package func exchange(_ request: WireRequest, within limit: Duration = .seconds(20)) async throws -> WireAnswer {
        try await send(request.bytes)
        return try await answer(to: request.method, within: limit)
    }

    /// Waits for a whole answer.
    package func answer(to method: String = "GET", within limit: Duration = .seconds(20)) async throws -> WireAnswer {
        var answer = try await receive("the answer's head", within: limit) { bytes, _ in
            try WireAnswer.takeHead(&bytes)
        }
        guard method != "HEAD", ![101, 204, 304].contains(answer.status) else { return answer }
        if answer["transfer-encoding"] == "chunked" {
            while true {
                let chunk = try await receive("a chunk", within: limit) { bytes, _ in try WireAnswer.takeChunk(&bytes) }
                if chunk.isEmpty { return answer }
                answer.body += chunk
            }
        }
        let length = answer["content-length"].flatMap { Int($0) } ?? 0
        answer.body = try await receive("the body", within: limit) { bytes, _ in
            guard bytes.count >= length else { return nil }
            defer { bytes.removeFirst(length) }
            return Array(bytes[..<length])
        }
        return answer
    }
}
