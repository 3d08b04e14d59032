// SPDX-License-Identifier: Apache-2.0

package import Model
package import NIOCore

/// Our side of the handshake with the real VNC server (RFC 6143, 7.1): a state machine without I/O.
///
/// It ends before ClientInit, which the browser sends. It knows no security types but None and VncAuth, and no
/// length that the server names is believed beyond its cap.
package struct RFBClientHandshake: Sendable {
    /// What the caller has to do.
    package enum Step: Sendable, Equatable {
        /// Write these bytes.
        case send(ByteBuffer)
        /// The server is ready for ClientInit; what is left of the input is not ours.
        case done
    }

    private enum State {
        case version
        case typeCount
        case types(Int)
        case typeOfOldServer
        case challenge
        case result
        case reasonLength(prefix: String)
        case reason(Int, prefix: String)
        case done
    }

    /// The longest reason that is shown; RFC 6143 sets no limit.
    private static let reasonLimit = 1024

    private let credential: ConsoleCredential?
    private var state = State.version
    private var version = RFBVersion.v38

    /// Starts before the server's first byte.
    ///
    /// The credential is only used if the server offers no way without.
    package init(credential: ConsoleCredential?) {
        self.credential = credential
    }

    /// Takes bytes from `input`; nil when more are needed.
    ///
    /// Call it until it answers nil or `done`.
    ///
    /// - Throws: `consoleUnreachable`, with what the server said.
    package mutating func next(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        while true {
            let before = input.readerIndex
            if let step = try advance(&input) { return step }
            guard input.readerIndex != before else { return nil }
        }
    }

    /// What it means that the server closed the connection now.
    package var endOfInput: GatehouseError {
        if case .version = state {
            return Self.failure("The console's server closed the connection at once; is it busy with another viewer?")
        }
        return Self.failure("The VNC server closed the connection during the handshake.")
    }

    private mutating func advance(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        switch state {
        case .version: return try takeVersion(&input)
        case .typeCount: try takeTypeCount(&input)
        case .types(let count): return try takeTypes(count, &input)
        case .typeOfOldServer: return try takeTypeOfOldServer(&input)
        case .challenge: return try takeChallenge(&input)
        case .result: return try takeResult(&input)
        case .reasonLength(let prefix): try takeReasonLength(prefix, &input)
        case .reason(let length, let prefix): try takeReason(length, prefix, &input)
        case .done: return .done
        }
        return nil
    }

    private mutating func takeVersion(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        let expected = Array("RFB ".utf8)
        let seen = input.getBytes(at: input.readerIndex, length: min(4, input.readableBytes)) ?? []
        guard expected.starts(with: seen) else {
            throw Self.failure("What answers there is not a VNC server; check the console's address.")
        }
        guard let line = input.readBytes(length: 12) else { return nil }
        guard let offered = RFBVersion(line: line) else {
            throw Self.failure("The VNC server names a protocol version that Gatehouse does not know.")
        }
        version = offered
        state = offered == .v33 ? .typeOfOldServer : .typeCount
        return .send(ByteBuffer(bytes: offered.line))
    }

    private mutating func takeTypeCount(_ input: inout ByteBuffer) throws(GatehouseError) {
        guard let count = input.readInteger(as: UInt8.self) else { return }
        state = count == 0 ? .reasonLength(prefix: "The VNC server refused") : .types(Int(count))
    }

    private mutating func takeTypes(_ count: Int, _ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        guard let bytes = input.readBytes(length: count) else { return nil }
        let offered = bytes.map(RFBSecurityType.init)
        if offered.contains(.none) {
            state = version == .v38 ? .result : .done
            return .send(ByteBuffer(bytes: [RFBSecurityType.none.rawValue]))
        }
        guard offered.contains(.vncAuth) else {
            let list = offered.map(\.description).joined(separator: ", ")
            throw Self.failure(
                "The VNC server offers only security types that Gatehouse does not speak: \(list). "
                    + "Allow None or VncAuth there.")
        }
        try requireCredential()
        state = .challenge
        return .send(ByteBuffer(bytes: [RFBSecurityType.vncAuth.rawValue]))
    }

    private mutating func takeTypeOfOldServer(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        guard let number = input.readInteger(as: UInt32.self) else { return nil }
        switch number {
        case 0:
            state = .reasonLength(prefix: "The VNC server refused")
        case 1:
            state = .done
            return .done
        case 2:
            try requireCredential()
            state = .challenge
        default:
            let name = UInt8(exactly: number).map { RFBSecurityType(rawValue: $0).description } ?? "\(number)"
            throw Self.failure(
                "The VNC server insists on security type \(name), which Gatehouse does not speak. "
                    + "Allow None or VncAuth there.")
        }
        return nil
    }

    private func requireCredential() throws(GatehouseError) {
        guard credential == nil else { return }
        throw Self.failure("The VNC server asks for a password that Gatehouse does not have.")
    }

    private mutating func takeChallenge(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        guard let challenge = input.readBytes(length: 16) else { return nil }
        guard let credential,
            let answer = VNCAuthentication.response(to: challenge, password: credential.password)
        else {
            throw Self.failure("The answer to the VNC server's password question could not be computed.")
        }
        state = .result
        return .send(ByteBuffer(bytes: answer))
    }

    private mutating func takeResult(_ input: inout ByteBuffer) throws(GatehouseError) -> Step? {
        guard let result = input.readInteger(as: UInt32.self) else { return nil }
        guard result != 0 else {
            state = .done
            return .done
        }
        let prefix =
            result == 2
            ? "The VNC server refused after too many attempts; wait and try again"
            : "The VNC server refused the login; check the password that Gatehouse has for it"
        guard version == .v38 else { throw Self.failure(prefix + ".") }
        state = .reasonLength(prefix: prefix)
        return nil
    }

    private mutating func takeReasonLength(_ prefix: String, _ input: inout ByteBuffer) throws(GatehouseError) {
        guard let length = input.readInteger(as: UInt32.self) else { return }
        guard length > 0, length <= Self.reasonLimit else { throw Self.failure(prefix + ".") }
        state = .reason(Int(length), prefix: prefix)
    }

    private func takeReason(_ length: Int, _ prefix: String, _ input: inout ByteBuffer) throws(GatehouseError) {
        guard let bytes = input.readBytes(length: length) else { return }
        throw Self.failure("\(prefix): \(ConsoleText.printable(bytes))")
    }

    private static func failure(_ message: String) -> GatehouseError {
        GatehouseError(.consoleUnreachable, message)
    }
}
