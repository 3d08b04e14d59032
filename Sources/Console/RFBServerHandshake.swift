// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What the browser sees of the handshake (RFC 6143, 7.1): a state machine without I/O.
///
/// It offers 3.8, takes 3.3, 3.7 and 3.8, and asks for no password where a ticket has done that. It ends before
/// ClientInit.
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
        /// What RFB itself says to that, before the connection is closed.
        package var answer: ByteBuffer?
    }

    private enum State {
        case version
        case type(RFBVersion)
        case response(RFBVersion)
        case done
    }

    /// What a client without a ticket is asked (VncAuth; RFC 6143, 7.2.2).
    package struct Question: Sendable, Equatable {
        fileprivate let challenge: [UInt8]
        fileprivate let response: [UInt8]

        /// Asks for a password, of which eight bytes count; nil where the answer can not be computed.
        package init?(password: String) {
            var generator = SystemRandomNumberGenerator()
            let challenge = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            guard let response = VNCAuthentication.response(to: challenge, password: password) else { return nil }
            self.challenge = challenge
            self.response = response
        }
    }

    private let question: Question?
    private var state = State.version

    /// Starts with `opening` still to be sent; with a question the client must answer it.
    package init(asking question: Question? = nil) { self.question = question }

    private var type: RFBSecurityType { question == nil ? .none : .vncAuth }

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
            guard RFBSecurityType(rawValue: type) == self.type else {
                throw Violation(reason: "the security type must be \(self.type)")
            }
            if let question { return ask(question, version) }
            state = .done
            return version == .v38 ? .send(ByteBuffer(integer: UInt32(0))) : .done
        case .response(let version):
            return try takeResponse(version, &input)
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
            let choice = ByteBuffer(integer: UInt32(type.rawValue))
            if let question { return ask(question, version, after: choice) }
            state = .done
            return .send(choice)
        }
        state = .type(version)
        return .send(ByteBuffer(bytes: [1, type.rawValue]))
    }

    private mutating func ask(_ question: Question, _ version: RFBVersion, after start: ByteBuffer = ByteBuffer())
        -> Step
    {
        state = .response(version)
        var bytes = start
        bytes.writeBytes(question.challenge)
        return .send(bytes)
    }

    private mutating func takeResponse(_ version: RFBVersion, _ input: inout ByteBuffer) throws(Violation) -> Step? {
        guard let response = input.readBytes(length: 16) else { return nil }
        // Every byte is compared, so that the time tells nothing.
        let difference = zip(response, question?.response ?? []).reduce(UInt8(question == nil ? 1 : 0)) {
            $0 | ($1.0 ^ $1.1)
        }
        guard difference == 0 else { throw Violation(reason: "the password is wrong", answer: Self.refusal(version)) }
        state = .done
        return .send(ByteBuffer(integer: UInt32(0)))
    }

    private static func refusal(_ version: RFBVersion) -> ByteBuffer {
        var bytes = ByteBuffer(integer: UInt32(1))
        guard version == .v38 else { return bytes }
        let reason = Array("The password is wrong.".utf8)
        bytes.writeInteger(UInt32(reason.count))
        bytes.writeBytes(reason)
        return bytes
    }
}
