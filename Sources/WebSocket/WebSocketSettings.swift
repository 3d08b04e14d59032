// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A text message as it reaches the handlers behind, unless the settings name another event.
package struct WebSocketText: Sendable, Equatable {
    /// Valid UTF-8.
    package let bytes: ByteBuffer

    /// Wraps a message.
    package init(bytes: ByteBuffer) { self.bytes = bytes }
}

/// An outbound event: write this text as one text frame.
package struct WebSocketTextToSend: Sendable, Equatable {
    /// What to send.
    package let text: String

    /// Wraps a text.
    package init(_ text: String) { self.text = text }
}

/// An outbound event: close with this code and reason.
package struct WebSocketCloseRequest: Sendable, Equatable {
    /// The code; one that must not be sent becomes 1011.
    package let code: WebSocketCloseCode
    /// For people; cut at 123 bytes of UTF-8.
    package let reason: String

    /// Asks for a close.
    package init(_ code: WebSocketCloseCode, reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// How one WebSocket connection behaves.
package struct WebSocketSettings: Sendable {
    /// What the client may send.
    package var limits: WebSocketLimits
    /// The time between two Pings.
    package var pingInterval: TimeAmount
    /// After so many intervals without a byte from the peer it counts as dead and is closed with 4006.
    package var silentIntervals: Int
    /// How long to wait for the answer to our Close.
    package var closeTimeout: TimeAmount
    /// Turns a text message into the inbound user event that tells the handlers behind of it.
    package var textEvent: @Sendable (ByteBuffer) -> any Sendable
    /// Called once on the event loop when the connection is over, with who ended it.
    package var onEnd: (@Sendable (WebSocketClosing.Ending) -> Void)?

    /// The product's values: a Ping every 20 s, dead after 60 s, 2 s for the answer to a Close.
    package init(
        limits: WebSocketLimits = WebSocketLimits(),
        pingInterval: TimeAmount = .seconds(20),
        silentIntervals: Int = 3,
        closeTimeout: TimeAmount = .seconds(2),
        textEvent: @escaping @Sendable (ByteBuffer) -> any Sendable = { WebSocketText(bytes: $0) },
        onEnd: (@Sendable (WebSocketClosing.Ending) -> Void)? = nil
    ) {
        self.limits = limits
        self.pingInterval = pingInterval
        self.silentIntervals = silentIntervals
        self.closeTimeout = closeTimeout
        self.textEvent = textEvent
        self.onEnd = onEnd
    }
}
