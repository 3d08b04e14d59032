// SPDX-License-Identifier: Apache-2.0

/// What a frame is (RFC 6455, 5.2).
enum FrameOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    var isControl: Bool { rawValue >= 0x8 }
}

/// The first byte of a frame, checked.
struct FrameHeader: Sendable {
    let opcode: FrameOpcode
    let isFinal: Bool

    /// A stand-in before the first frame.
    init() {
        opcode = .continuation
        isFinal = true
    }

    /// Reads the byte; `message` is the type of the unfinished message, if there is one.
    init(first byte: UInt8, continuing message: FrameOpcode?) throws(WebSocketViolation) {
        guard byte & 0x70 == 0 else { throw .init(.protocolError, "reserved bits must be zero") }
        guard let opcode = FrameOpcode(rawValue: byte & 0x0F) else {
            throw .init(.protocolError, "the opcode \(byte & 0x0F) is not known")
        }
        isFinal = byte & 0x80 != 0
        self.opcode = opcode
        switch opcode {
        case .close, .ping, .pong:
            guard isFinal else { throw .init(.protocolError, "a control frame must not be fragmented") }
        case .continuation:
            guard message != nil else { throw .init(.protocolError, "there is no message to continue") }
        case .text, .binary:
            guard message == nil else { throw .init(.protocolError, "the last message is not finished") }
        }
    }
}
