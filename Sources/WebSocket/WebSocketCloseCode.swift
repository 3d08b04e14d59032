// SPDX-License-Identifier: Apache-2.0

/// The number in a Close frame (RFC 6455, 7.4).
package struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    /// The number on the wire.
    package let rawValue: UInt16

    /// Any number; see `mayBeSent`.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The purpose is fulfilled.
    package static let normal = WebSocketCloseCode(rawValue: 1000)
    /// The host stops or the page leaves.
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    /// A frame breaks the protocol.
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    /// Text came where only binary is taken, or the other way round.
    package static let unsupportedType = WebSocketCloseCode(rawValue: 1003)
    /// Text that is not UTF-8.
    package static let invalidPayload = WebSocketCloseCode(rawValue: 1007)
    /// A frame or a message above the limit.
    package static let tooLarge = WebSocketCloseCode(rawValue: 1009)
    /// Something broke on the host.
    package static let hostFailed = WebSocketCloseCode(rawValue: 1011)
    /// Gatehouse's own: nothing was heard from the peer for too long.
    package static let deadPeer = WebSocketCloseCode(rawValue: 4006)

    /// Whether the number may stand in a Close frame; 1005, 1006 and 1015 must not.
    package var mayBeSent: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

/// A frame that breaks the protocol, with the code to close with and the reason to give.
package struct WebSocketViolation: Error, Sendable, Equatable {
    /// 1002, 1007 or 1009.
    package let code: WebSocketCloseCode
    /// What is wrong, for the Close frame.
    package let reason: String

    /// Names a violation.
    package init(_ code: WebSocketCloseCode, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}
