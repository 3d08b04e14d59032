// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Turns a client's bytes into messages (RFC 6455, 5): a state machine without I/O.
///
/// The frame header is taken byte by byte into a few integers and payload is handed on as it comes, so the
/// state is small however large a frame is. All payload in one input goes into one new buffer.
package struct WebSocketFrameDecoder: Sendable {
    /// What can come out.
    package enum Output: Sendable, Equatable {
        /// Binary payload: a part of the stream, or a whole message if messages are kept together.
        case binary(ByteBuffer)
        /// A whole text message, valid UTF-8.
        case text(ByteBuffer)
        /// A Ping with up to 125 bytes that the Pong must carry.
        case ping(ByteBuffer)
        /// A Pong.
        case pong
        /// A Close, with nil when it had no code.
        case close(WebSocketCloseCode?, reason: String)
    }

    private enum Phase {
        case opcode
        case length
        case longLength
        case key
        case payload
        case finished
    }

    private let limits: WebSocketLimits
    private var phase = Phase.opcode
    private var frame = FrameHeader()
    /// Width, bytes missing and value so far of the header field under way.
    private var width = 0
    private var missing = 0
    private var field: UInt64 = 0
    private var mask = WebSocketMask(key: 0)
    /// Payload bytes of the frame still to come.
    private var remaining = 0
    /// The message under way: its type, bytes announced so far.
    private var message: FrameOpcode?
    private var messageSize = 0
    private var validator = UTF8Validator()
    /// Payload not handed out yet: of a message that is kept together, of the stream, of a control frame.
    private var collected: ByteBuffer?
    private var streamed: ByteBuffer?
    private var control = ByteBuffer()

    /// Starts before the first frame.
    package init(limits: WebSocketLimits = WebSocketLimits()) {
        self.limits = limits
    }

    /// Takes bytes from `input` until something is ready; nil when more input is needed.
    ///
    /// Call it until it answers nil. After a Close or an error all further input is ignored.
    package mutating func next(_ input: inout ByteBuffer) throws(WebSocketViolation) -> Output? {
        do {
            while phase != .finished {
                if streamed != nil, phase == .opcode, Self.beginsText(input) { break }
                if let output = try step(&input) { return output }
                if input.readableBytes == 0, phase != .payload || remaining > 0 { break }
            }
        } catch {
            phase = .finished
            throw error
        }
        if phase == .finished { input.moveReaderIndex(forwardBy: input.readableBytes) }
        return streamedData()
    }

    private mutating func step(_ input: inout ByteBuffer) throws(WebSocketViolation) -> Output? {
        switch phase {
        case .opcode:
            guard let byte = input.readInteger(as: UInt8.self) else { return nil }
            frame = try FrameHeader(first: byte, continuing: message)
            phase = .length
        case .length:
            guard let byte = input.readInteger(as: UInt8.self) else { return nil }
            try takeLength(byte)
        case .longLength, .key:
            guard let byte = input.readInteger(as: UInt8.self) else { return nil }
            try takeField(byte)
        case .payload:
            return try takePayload(&input)
        case .finished:
            break
        }
        return nil
    }

    private mutating func takeLength(_ byte: UInt8) throws(WebSocketViolation) {
        guard byte & 0x80 != 0 else { throw .init(.protocolError, "client frames must be masked") }
        let length = Int(byte & 0x7F)
        guard !frame.opcode.isControl || length <= 125 else {
            throw .init(.protocolError, "a control frame must not exceed 125 bytes")
        }
        switch length {
        case 126: expect(.longLength, width: 2)
        case 127: expect(.longLength, width: 8)
        default: try begin(length: length)
        }
    }

    private mutating func expect(_ next: Phase, width: Int) {
        (phase, self.width, missing, field) = (next, width, width, 0)
    }

    private mutating func takeField(_ byte: UInt8) throws(WebSocketViolation) {
        missing -= 1
        if phase == .key {
            // The first key byte goes to the lowest bits.
            field |= UInt64(byte) << UInt64(8 * (3 - missing))
            guard missing == 0 else { return }
            mask = WebSocketMask(key: UInt32(truncatingIfNeeded: field))
            phase = .payload
        } else {
            field = field << 8 | UInt64(byte)
            guard missing == 0 else { return }
            guard let length = Int(exactly: field) else {
                throw .init(.protocolError, "a frame length must not be negative")
            }
            guard length >= (width == 2 ? 126 : 65_536) else {
                throw .init(.protocolError, "a frame length must be written as short as possible")
            }
            try begin(length: length)
        }
    }

    /// The length is known: checks the limits and goes on to the key.
    private mutating func begin(length: Int) throws(WebSocketViolation) {
        remaining = length
        expect(.key, width: 4)
        guard !frame.opcode.isControl else { return }
        if frame.opcode != .continuation {
            message = frame.opcode
            messageSize = 0
            validator = UTF8Validator()
        }
        let limit = message == .text ? limits.textMessage : limits.binaryMessage
        guard length <= limit - messageSize else {
            throw .init(.tooLarge, "a message must not exceed \(limit) bytes")
        }
        messageSize += length
    }

    private mutating func takePayload(_ input: inout ByteBuffer) throws(WebSocketViolation) -> Output? {
        let count = min(remaining, input.readableBytes)
        if count > 0 {
            remaining -= count
            if frame.opcode.isControl {
                mask.unmask(count, from: &input, to: &control)
            } else {
                try takeData(count, &input)
            }
        }
        guard remaining == 0 else { return nil }
        phase = .opcode
        return frame.opcode.isControl ? try endControl() : try endData()
    }

    private mutating func takeData(_ count: Int, _ input: inout ByteBuffer) throws(WebSocketViolation) {
        guard keepsMessage else {
            // One buffer for all that is left of the input, so it never has to grow.
            var target = streamed ?? ByteBufferAllocator().buffer(capacity: input.readableBytes)
            streamed = nil
            mask.unmask(count, from: &input, to: &target)
            streamed = target
            return
        }
        var target = collected ?? ByteBufferAllocator().buffer(capacity: count)
        collected = nil
        mask.unmask(count, from: &input, to: &target)
        if message == .text {
            let fresh = target.getSlice(at: target.writerIndex - count, length: count) ?? ByteBuffer()
            guard validator.accept(fresh.readableBytesView) else {
                throw .init(.invalidPayload, "a text message must be valid UTF-8")
            }
        }
        collected = target
    }

    private var keepsMessage: Bool { message == .text || limits.keepsBinaryMessages }

    private mutating func endData() throws(WebSocketViolation) -> Output? {
        guard frame.isFinal else { return nil }
        let isText = message == .text
        let isWhole = keepsMessage
        message = nil
        guard isWhole else { return nil }
        let whole = collected ?? ByteBuffer()
        collected = nil
        guard isText else { return .binary(whole) }
        guard validator.isComplete else {
            throw .init(.invalidPayload, "a text message must be valid UTF-8")
        }
        return .text(whole)
    }

    private mutating func endControl() throws(WebSocketViolation) -> Output? {
        let payload = control
        control = ByteBuffer()
        switch frame.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong
        default:
            phase = .finished
            return try Self.close(payload)
        }
    }

    private static func close(_ payload: ByteBuffer) throws(WebSocketViolation) -> Output {
        var payload = payload
        guard payload.readableBytes > 0 else { return .close(nil, reason: "") }
        guard let number = payload.readInteger(as: UInt16.self) else {
            throw .init(.protocolError, "a close code has two bytes")
        }
        let code = WebSocketCloseCode(rawValue: number)
        guard code.mayBeSent else { throw .init(.protocolError, "the close code \(number) must not be sent") }
        var validator = UTF8Validator()
        guard validator.accept(payload.readableBytesView), validator.isComplete else {
            throw .init(.invalidPayload, "a close reason must be valid UTF-8")
        }
        return .close(code, reason: String(buffer: payload))
    }

    private static func beginsText(_ input: ByteBuffer) -> Bool {
        input.getInteger(at: input.readerIndex, as: UInt8.self).map { $0 & 0x0F } == FrameOpcode.text.rawValue
    }

    /// What has come of the stream since it was last handed on.
    private mutating func streamedData() -> Output? {
        guard let ready = streamed else { return nil }
        streamed = nil
        return .binary(ready)
    }
}
