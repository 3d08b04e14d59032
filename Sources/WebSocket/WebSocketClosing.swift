// SPDX-License-Identifier: Apache-2.0

/// The closing handshake (RFC 6455, 7): what to do when, without I/O.
package struct WebSocketClosing: Sendable, Equatable {
    /// Who said goodbye first, and how.
    package struct Ending: Sendable, Equatable {
        /// The code; nil when the peer gave none or just went away.
        package let code: WebSocketCloseCode?
        /// The reason that was given.
        package let reason: String
        /// Whether the peer began.
        package let byPeer: Bool

        /// Describes an ending.
        package init(code: WebSocketCloseCode?, reason: String, byPeer: Bool) {
            self.code = code
            self.reason = reason
            self.byPeer = byPeer
        }
    }

    /// What the caller has to do.
    package enum Action: Sendable, Equatable {
        /// Nothing.
        case none
        /// Write a Close frame, go on reading and wait for the answer for a while.
        case sendAndWait(WebSocketCloseCode, reason: String)
        /// Write a Close frame and close the connection when it is written.
        case sendAndClose(WebSocketCloseCode?)
        /// Close the connection now.
        case close
    }

    private enum State: Sendable, Equatable {
        case open
        case waiting
        case done
    }

    private var state = State.open
    /// How it ended; nil while open.
    package private(set) var ending: Ending?

    /// Starts open.
    package init() {}

    /// Whether data may still be sent and is still taken.
    package var isOpen: Bool { state == .open }
    /// Whether our Close frame is out and the peer's has not come.
    package var isWaiting: Bool { state == .waiting }

    /// We want to close.
    ///
    /// A code that must not be sent becomes 1011.
    package mutating func closeLocally(_ code: WebSocketCloseCode, reason: String) -> Action {
        guard state == .open else { return .none }
        state = .waiting
        ending = Ending(code: code, reason: reason, byPeer: false)
        return .sendAndWait(code.mayBeSent ? code : .hostFailed, reason: reason)
    }

    /// The peer's Close frame came.
    package mutating func receiveClose(_ code: WebSocketCloseCode?, reason: String) -> Action {
        switch state {
        case .open:
            state = .done
            ending = Ending(code: code, reason: reason, byPeer: true)
            return .sendAndClose(code)
        case .waiting:
            state = .done
            return .close
        case .done:
            return .none
        }
    }

    /// The peer will send nothing more, or did not answer in time.
    package mutating func giveUp() -> Action {
        guard state != .done else { return .none }
        if state == .open { ending = Ending(code: nil, reason: "", byPeer: true) }
        state = .done
        return .close
    }
}
