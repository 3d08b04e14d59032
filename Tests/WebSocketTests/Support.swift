// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestRandom
import WebSocket

/// A frame as a client sends it, right or wrong.
struct ClientFrame {
    var opcode: UInt8
    var payload: [UInt8]
    var isFinal = true
    var reserved: UInt8 = 0
    var key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    /// Overrides the length field: its width (1, 2 or 8 bytes) and its value.
    var length: (width: Int, value: UInt64)?

    static func text(_ text: String, isFinal: Bool = true) -> ClientFrame {
        ClientFrame(opcode: 1, payload: Array(text.utf8), isFinal: isFinal)
    }
    static func binary(_ payload: [UInt8], isFinal: Bool = true) -> ClientFrame {
        ClientFrame(opcode: 2, payload: payload, isFinal: isFinal)
    }
    static func continuation(_ payload: [UInt8], isFinal: Bool = true) -> ClientFrame {
        ClientFrame(opcode: 0, payload: payload, isFinal: isFinal)
    }
    static func close(_ code: UInt16?, _ reason: String = "") -> ClientFrame {
        ClientFrame(opcode: 8, payload: (code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? []) + Array(reason.utf8))
    }
    static func ping(_ payload: [UInt8] = []) -> ClientFrame { ClientFrame(opcode: 9, payload: payload) }
    static func pong(_ payload: [UInt8] = []) -> ClientFrame { ClientFrame(opcode: 10, payload: payload) }

    var bytes: [UInt8] {
        var result = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let masked: UInt8 = key == nil ? 0 : 0x80
        let count = payload.count
        let (width, value) = length ?? (count < 126 ? 1 : count < 65_536 ? 2 : 8, UInt64(count))
        switch width {
        case 1: result.append(masked | UInt8(value))
        case 2: result += [masked | 126, UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
        default: result += [masked | 127] + (0..<8).map { UInt8(value >> UInt64(56 - 8 * $0) & 0xFF) }
        }
        guard let key else { return result + payload }
        return result + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}

/// A frame as the server sent it.
struct ServerFrame: Equatable {
    var opcode: UInt8
    var payload: [UInt8]

    var closeCode: UInt16? { payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1]) }
    var closeReason: String { String(decoding: payload.dropFirst(2), as: UTF8.self) }

    /// Takes the first frame off the bytes, if it is complete.
    ///
    /// Server frames are whole and never masked.
    static func take(from bytes: inout [UInt8]) -> ServerFrame? {
        guard bytes.count >= 2 else { return nil }
        var length = Int(bytes[1] & 0x7F)
        var header = 2
        if length == 126 {
            guard bytes.count >= 4 else { return nil }
            length = Int(bytes[2]) << 8 | Int(bytes[3])
            header = 4
        } else if length == 127 {
            guard bytes.count >= 10 else { return nil }
            length = bytes[2..<10].reduce(0) { $0 << 8 | Int($1) }
            header = 10
        }
        guard bytes.count >= header + length else { return nil }
        let frame = ServerFrame(opcode: bytes[0] & 0x0F, payload: Array(bytes[header..<header + length]))
        bytes.removeFirst(header + length)
        return frame
    }

    static func all(in bytes: [UInt8]) -> [ServerFrame] {
        var rest = bytes
        var frames: [ServerFrame] = []
        while let frame = take(from: &rest) { frames.append(frame) }
        return frames
    }
}

/// What a decoder made of some input, with streamed binary put together.
struct Decoded: Equatable {
    var outputs: [WebSocketFrameDecoder.Output] = []
    var violation: WebSocketViolation?

    /// Feeds the pieces one after the other.
    init(_ pieces: [[UInt8]], limits: WebSocketLimits = WebSocketLimits(keepsBinaryMessages: true)) {
        var decoder = WebSocketFrameDecoder(limits: limits)
        do throws(WebSocketViolation) {
            for piece in pieces {
                var input = ByteBuffer(bytes: piece)
                while let output = try decoder.next(&input) { add(output) }
            }
        } catch {
            violation = error
        }
    }

    init(_ frames: [ClientFrame], limits: WebSocketLimits = WebSocketLimits(keepsBinaryMessages: true)) {
        self.init([frames.flatMap(\.bytes)], limits: limits)
    }

    private mutating func add(_ output: WebSocketFrameDecoder.Output) {
        outputs.append(output)
    }

    /// All binary payload in one.
    var binary: [UInt8] {
        outputs.flatMap { output in
            if case .binary(let bytes) = output { Array(bytes.readableBytesView) } else { [UInt8]() }
        }
    }
}
