// SPDX-License-Identifier: Apache-2.0

import Model

/// The page's side of a WebSocket (RFC 6455), small enough to be seen through.
package final class WireWebSocket: Sendable {
    /// A message, or the end of them.
    package enum Message: Sendable, Equatable {
        case text(String)
        case binary([UInt8])
        /// A Close frame; code 1005 where it has none.
        case close(code: Int, reason: String)
    }

    /// The answer to the request for the upgrade.
    package let answer: WireAnswer
    /// The connection under it.
    package let connection: WireConnection

    private init(_ connection: WireConnection, _ answer: WireAnswer) {
        self.connection = connection
        self.answer = answer
    }

    /// Asks for an upgrade; an answer other than 101 is for the caller to look at.
    package static func open(
        _ connection: WireConnection, target: String, headers: [(name: String, value: String)],
        subprotocols: [String] = []
    ) async throws -> WireWebSocket {
        var all = headers
        all += [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        if !subprotocols.isEmpty { all.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
        let answer = try await connection.exchange(WireRequest("GET", target, headers: all))
        return WireWebSocket(connection, answer)
    }

    /// Sends text.
    package func send(_ text: String) async throws { try await send(opcode: 1, Array(text.utf8)) }

    /// Sends bytes.
    package func send(_ bytes: [UInt8]) async throws { try await send(opcode: 2, bytes) }

    /// Begins to close.
    package func sendClose(_ code: UInt16 = 1000) async throws {
        try await send(opcode: 8, [UInt8(code >> 8), UInt8(code & 0xFF)])
    }

    private func send(opcode: UInt8, _ payload: [UInt8]) async throws {
        var frame = [0x80 | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: frame += [0x80 | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        frame += key
        frame += payload.enumerated().map { $1 ^ key[$0 % 4] }
        try await connection.send(frame)
    }

    /// Waits for the next message; Pings are answered on the way.
    package func next(within limit: Duration = .seconds(10)) async throws -> Message {
        while true {
            let (opcode, payload) = try await connection.receive("a frame", within: limit) { bytes, _ in
                try Self.takeFrame(&bytes)
            }
            switch opcode {
            case 1: return .text(String(decoding: payload, as: UTF8.self))
            case 2: return .binary(payload)
            case 8:
                let code = payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1])
                return .close(code: code, reason: String(decoding: payload.dropFirst(2), as: UTF8.self))
            case 9: try await send(opcode: 10, payload)
            default: break
            }
        }
    }

    /// Waits until that many bytes have come in binary messages.
    package func bytes(_ count: Int, within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            switch try await next(within: limit) {
            case .binary(let bytes): all += bytes
            case let other: throw GatehouseError(.notFound, "Not bytes but \(other) came, after \(all.count) bytes.")
            }
        }
        return all
    }

    /// Waits for the Close frame, whatever comes before it, and answers it.
    package func end(within limit: Duration = .seconds(10)) async throws -> (code: Int, reason: String) {
        while true {
            guard case .close(let code, let reason) = try await next(within: limit) else { continue }
            try? await sendClose(UInt16(code))
            return (code, reason)
        }
    }

    private static func takeFrame(_ bytes: inout [UInt8]) throws -> (UInt8, [UInt8])? {
        guard bytes.count >= 2 else { return nil }
        guard bytes[0] & 0xF0 == 0x80, bytes[1] & 0x80 == 0 else {
            throw GatehouseError(.parseError, "The server sent a masked, continued or extended frame.")
        }
        let width = bytes[1] == 127 ? 8 : bytes[1] == 126 ? 2 : 0
        guard bytes.count >= 2 + width else { return nil }
        let length = width == 0 ? Int(bytes[1]) : bytes[2..<2 + width].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count >= 2 + width + length else { return nil }
        defer { bytes.removeFirst(2 + width + length) }
        return (bytes[0] & 0x0F, Array(bytes[(2 + width)..<(2 + width + length)]))
    }
}
