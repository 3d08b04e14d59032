// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes server frames (RFC 6455, 5.2): never masked, never fragmented.
package struct WebSocketFrameEncoder: Sendable {
    /// Payload up to this many bytes is copied behind its header, so that it is one write and one TLS record.
    private static let copyLimit = 4096

    /// The header of the last large frame; bulk data comes in equal pieces and may share it.
    private var lastHeader = ByteBuffer()
    private var lastLength = -1

    /// Makes an encoder.
    package init() {}

    /// One binary frame: the bytes to write, in order; the second is the payload itself, if it was not copied.
    package mutating func binary(_ payload: ByteBuffer) -> (ByteBuffer, ByteBuffer?) {
        let length = payload.readableBytes
        guard length > Self.copyLimit else {
            return (Self.frame(.binary, payload), nil)
        }
        if length != lastLength {
            lastHeader = ByteBufferAllocator().buffer(capacity: 10)
            Self.writeHeader(.binary, length: length, to: &lastHeader)
            lastLength = length
        }
        return (lastHeader, payload)
    }

    /// A whole text frame; the payload must be UTF-8.
    package static func text(_ payload: ByteBuffer) -> ByteBuffer { frame(.text, payload) }

    /// An empty Ping.
    package static func ping() -> ByteBuffer { frame(.ping, ByteBuffer()) }

    /// The answer to a Ping, with its payload.
    package static func pong(_ payload: ByteBuffer) -> ByteBuffer { frame(.pong, payload) }

    /// A Close; without a code it has no payload.
    ///
    /// The reason is cut at 123 bytes between two characters.
    package static func close(_ code: WebSocketCloseCode?, reason: String) -> ByteBuffer {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code.rawValue)
            payload.writeString(cut(reason, at: 123))
        }
        return frame(.close, payload)
    }

    /// The longest beginning of a text that has at most `limit` bytes of UTF-8 and splits no character.
    package static func cut(_ text: String, at limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, String.Index(end, within: text) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }

    private static func frame(_ opcode: FrameOpcode, _ payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBufferAllocator().buffer(capacity: payload.readableBytes + 10)
        writeHeader(opcode, length: payload.readableBytes, to: &frame)
        frame.writeImmutableBuffer(payload)
        return frame
    }

    private static func writeHeader(_ opcode: FrameOpcode, length: Int, to frame: inout ByteBuffer) {
        frame.writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ...125:
            frame.writeInteger(UInt8(length))
        case ...65_535:
            frame.writeMultipleIntegers(UInt8(126), UInt16(length))
        default:
            frame.writeMultipleIntegers(UInt8(127), UInt64(length))
        }
    }
}
