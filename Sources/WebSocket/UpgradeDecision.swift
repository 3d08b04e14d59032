// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1

/// What to do with a request to become a WebSocket.
package enum UpgradeDecision: Sendable {
    /// Answer with this status and text; the connection stays usable.
    case refuse(HTTPResponseStatus, message: String, headers: HTTPHeaders = [:])
    /// Answer 101 and hand the connection over.
    case accept(UpgradeAcceptance)
    /// Answer 101 and close at once; for reasons a browser can only read from a Close frame.
    case acceptAndClose(subprotocol: String?, WebSocketCloseCode, reason: String)
}

/// How an accepted WebSocket goes on.
package struct UpgradeAcceptance: Sendable {
    /// Answered to the client, if it offered it.
    package let subprotocol: String?
    /// How the connection behaves.
    package let settings: WebSocketSettings
    /// Makes the handlers behind the WebSocket handler; called once, on the event loop, when the 101 is written.
    ///
    /// The last of them must pass no data on: what stands behind is the server's own HTTP tail.
    package let handlers: @Sendable (WebSocketConnection) -> [any ChannelHandler]
    /// Called instead of `handlers` when the client went away in the meantime.
    package let onAbandon: @Sendable () -> Void

    /// Describes what follows the 101.
    package init(
        subprotocol: String?,
        settings: WebSocketSettings = WebSocketSettings(),
        onAbandon: @escaping @Sendable () -> Void = {},
        handlers: @escaping @Sendable (WebSocketConnection) -> [any ChannelHandler]
    ) {
        self.subprotocol = subprotocol
        self.settings = settings
        self.onAbandon = onAbandon
        self.handlers = handlers
    }
}

/// A well-formed request to become a WebSocket.
package struct UpgradeRequest: Sendable {
    /// The request line and headers.
    package let head: HTTPRequestHead
    /// The subprotocols offered, in the client's order.
    package let subprotocols: [String]
    /// The client's connection; its event loop is where the backend belongs too.
    package let channel: any Channel
}

/// Asked on the event loop for every well-formed request to become a WebSocket; nil means that it is not ours.
///
/// A failed future is answered with 500.
package typealias UpgradeDecider = @Sendable (UpgradeRequest) -> EventLoopFuture<UpgradeDecision>?

/// A handle on an open WebSocket, good from any thread.
package struct WebSocketConnection: Sendable {
    /// The connection.
    package let channel: any Channel

    /// Wraps a channel whose pipeline holds a `WebSocketHandler`.
    package init(channel: any Channel) { self.channel = channel }

    /// Says goodbye: a Close frame, then at most the close timeout for the answer.
    ///
    /// Later calls do nothing.
    package func close(_ code: WebSocketCloseCode, reason: String) {
        channel.triggerUserOutboundEvent(WebSocketCloseRequest(code, reason: reason), promise: nil)
    }

    /// Sends one text frame.
    package func send(text: String) {
        channel.triggerUserOutboundEvent(WebSocketTextToSend(text), promise: nil)
    }
}
