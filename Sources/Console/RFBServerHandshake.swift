// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What the browser sees of the handshake (RFC 6143, 7.1): a state machine without I/O.
///
/// It offers 3.8, takes 3.3, 3.7 and 3.8, and never asks for a password: the ticket has done that. It ends
/// before ClientInit.
package struct RFBServerHandshake: Sendable {
    /// What the caller has to do.
    package enum Step: Sendable, Equatable {
        /// Write these bytes.
        case send(ByteBuffer)
        /// The browser may go on with ClientInit; what is left of the input is the first of the stream.
        case done
    }

    /// A browser that does not keep to the protocol.
    package struct Violation: Error, Sendable, Equatable {
        /// What is wrong, for the Close frame.
        package let reason: String
    }

    private enum State {
        case version
        case type(RFBVersion)
        case done
    }

    private var state = State.version

    /// Starts with `opening` still to be sent.
    package init() {}

    /// The first bytes to send.
    package static var opening: ByteBuffer { ByteBuffer(bytes: RFBVersion.v38.line) }

    /// Takes bytes from `input`; nil when more are needed.
    ///
    /// Call it until it answers nil or `done`.
    package mutating func next(_ input: inout ByteBuffer) throws(Violation) -> Step? {
        switch state {
        case .version:
            return try takeVersion(&input)
        case .type(let version):
            guard let type = input.readInteger(as: UInt8.self) else { return nil }
            guard RFBSecurityType(rawValue: type) == .none else {
                throw Violation(reason: "the security type must be None")
            }
            state = .done
            return version == .v38 ? .send(ByteBuffer(integer: UInt32(0))) : .done
        case .done:
            return .done
        }
    }

    private mutating func takeVersion(_ input: inout ByteBuffer) throws(Violation) -> Step? {
        let expected = Array("RFB 003.00".utf8)
        let seen = input.getBytes(at: input.readerIndex, length: min(10, input.readableBytes)) ?? []
        guard expected.starts(with: seen) else { throw Violation(reason: "the RFB version must be 3.3, 3.7 or 3.8") }
        guard let line = input.readBytes(length: 12) else { return nil }
        guard let version = RFBVersion.allCases.first(where: { $0.line == line }) else {
            throw Violation(reason: "the RFB version must be 3.3, 3.7 or 3.8")
        }
        guard version != .v33 else {
            state = .done
            return .send(ByteBuffer(integer: UInt32(RFBSecurityType.none.rawValue)))
        }
        state = .type(version)
        return .send(ByteBuffer(bytes: [1, RFBSecurityType.none.rawValue]))
    }
}
