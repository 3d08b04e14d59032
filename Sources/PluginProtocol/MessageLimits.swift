// SPDX-License-Identifier: Apache-2.0

/// How much a side of the contract takes in.
package struct MessageLimits: Sendable, Equatable {
    /// The longest line with its line break, in bytes.
    package var lineBytes: Int
    /// The longest message that travels in chunks, in bytes.
    package var messageBytes: Int
    /// How many messages may be half received at a time.
    package var partialMessages: Int
    /// How deep the values of a message may be nested.
    package static let depth = 64

    /// Makes limits.
    package init(lineBytes: Int = 1 << 20, messageBytes: Int = 64 << 20, partialMessages: Int = 16) {
        self.lineBytes = lineBytes
        self.messageBytes = messageBytes
        self.partialMessages = partialMessages
    }

    /// The limits of the contract.
    package static let contract = MessageLimits()

    /// How much all half received messages together may hold, in bytes.
    package var partialBytes: Int { 2 * messageBytes }
}
