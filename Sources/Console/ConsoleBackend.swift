// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A connected console source, ready for a session: for VNC the server waits for ClientInit.
///
/// Nothing is read from it until a session takes it over. Whoever holds it either gives it to a
/// `ConsoleSession` or calls `discard()`.
package struct ConsoleBackend: Sendable {
    /// The connection to the source.
    package let channel: any Channel
    /// Bytes that came behind the handshake; to be used on the event loop.
    private let leftover: ByteBuffer

    init(channel: any Channel, leftover: ByteBuffer = ByteBuffer()) {
        self.channel = channel
        self.leftover = leftover
    }

    /// Closes a backend that no session will use.
    package func discard() {
        channel.close(promise: nil)
    }

    /// Lets a pump have it; on the event loop.
    func attach(_ pump: ConsolePump) {
        do {
            try channel.pipeline.syncOperations.addHandler(ConsoleBackHandler(pump: pump))
            if leftover.readableBytes > 0 { pump.keepForFront(leftover) }
        } catch {
            channel.close(promise: nil)
        }
    }
}
