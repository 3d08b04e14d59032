// SPDX-License-Identifier: Apache-2.0

/// What a client may send.
package struct WebSocketLimits: Sendable, Equatable {
    /// The most bytes of one text message; it is collected before it is handed on.
    package var textMessage: Int
    /// The most bytes of one binary message.
    package var binaryMessage: Int
    /// Whether a binary message is collected and handed on as a whole; otherwise its bytes go on as they
    /// come, where one message ends and the next begins is not told, and nothing is held back.
    package var keepsBinaryMessages: Bool

    /// Sets limits, in bytes.
    package init(
        textMessage: Int = 64 * 1024, binaryMessage: Int = 16 * 1024 * 1024, keepsBinaryMessages: Bool = false
    ) {
        self.textMessage = textMessage
        self.binaryMessage = binaryMessage
        self.keepsBinaryMessages = keepsBinaryMessages
    }
}
