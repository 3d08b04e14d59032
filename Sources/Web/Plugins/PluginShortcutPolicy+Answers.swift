// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Model
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers as the bytes that go over the wire.
extension PluginShortcutPolicy {
    /// How long the head of an answer may be, with what it is made of, to be kept for the next one; in bytes.
    private static let longestHead = 4_096

    /// What the heads of answers have in common that differ in nothing but cookies, length and date.
    struct AnswerHead: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let isEmpty: Bool
        let bytes: [UInt8]
        /// Whether such an answer tells its length.
        let hasLength: Bool

        func holds(for answer: RouteResponse) -> Bool {
            status == answer.status && isEmpty == answer.body.isEmpty && headers.count == answer.headers.count
                && zip(headers, answer.headers).allSatisfy {
                    $0.name.isSame(as: $1.name) && $0.value.isSame(as: $1.value)
                }
        }
    }

    /// The head of an answer, as far as it is that of the one before.
    private func head(of answer: RouteResponse, to candidate: Candidate) throws(GatehouseError) -> AnswerHead {
        let last = candidate.lastHead.withLock { $0 }
        if let last, last.holds(for: answer) { return last }
        let example = RouteResponse(status: answer.status, headers: answer.headers, body: Array(answer.body.prefix(1)))
        var plain = try PluginEndpoint.answer(example, candidate.admission)
        let hasLength = plain.headers[.contentLength] != nil
        plain.headers[.contentLength] = nil
        let head = AnswerHead(
            status: answer.status, headers: answer.headers, isEmpty: answer.body.isEmpty,
            bytes: Array(headText(plain).utf8), hasLength: hasLength)
        let size = answer.headers.reduce(head.bytes.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        if size <= Self.longestHead { candidate.lastHead.withLock { $0 = head } }
        return head
    }

    /// A plugin's answer as it goes over the wire.
    func bytes(of answer: RouteResponse, to candidate: Candidate) throws(GatehouseError) -> ByteBuffer {
        let head = try head(of: answer, to: candidate)
        var bytes = ByteBufferAllocator().buffer(capacity: 512 + head.bytes.count + answer.body.count)
        bytes.writeBytes(head.bytes)
        for cookie in answer.cookies {
            bytes.writeString("Set-Cookie: ")
            bytes.writeString(try candidate.admission.cookies.header(for: cookie))
            bytes.writeString("\r\n")
        }
        if head.hasLength { bytes.writeString("Content-Length: \(answer.body.count)\r\n") }
        finish(&bytes, head.hasLength ? answer.body : [], candidate)
        return bytes
    }

    /// A refusal as it goes over the wire.
    func bytes(of answer: PlainAnswer, to candidate: Candidate) -> ByteBuffer {
        var bytes = ByteBufferAllocator().buffer(capacity: 1024 + answer.body.count)
        bytes.writeString(headText(answer))
        finish(&bytes, answer.body, candidate)
        return bytes
    }

    /// The first line and all headers but the date; those that all answers have are put together already.
    private func headText(_ answer: PlainAnswer) -> String {
        let code = answer.status.code
        var text = "HTTP/1.1 \(code) \(HTTPResponseStatus(statusCode: code).reasonPhrase)\r\n"
        for field in answer.headers { text += "\(field.name.rawName): \(field.value)\r\n" }
        text += always
        if !answer.headers.contains(.cacheControl) { text += "Cache-Control: no-store\r\n" }
        return text
    }

    private func finish(_ bytes: inout ByteBuffer, _ body: [UInt8], _ candidate: Candidate) {
        bytes.writeString("Date: ")
        bytes.writeString(date.now)
        bytes.writeString("\r\n\r\n")
        if candidate.head.method != .HEAD { bytes.writeBytes(body) }
    }
}
