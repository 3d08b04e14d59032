// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Walks over the browser's RFB messages (RFC 6143, 7.5, and extensions) to tell a user's input from the rest.
///
/// A viewer asks for updates for as long as it is open, so traffic says nothing about whether somebody is there.
/// It looks at headers only and holds at most eight bytes. At a message it does not know it loses the thread for
/// good and sees no input from then on: a session then ends as if nobody were there, rather than never.
package struct RFBInputMeter: Sendable {
    private enum Message: UInt8 {
        case setPixelFormat = 0
        case setEncodings = 2
        case updateRequest = 3
        case key = 4
        case pointer = 5
        case cutText = 6
        case continuousUpdates = 150
        case fence = 248
        case power = 250
        case gesture = 253
        case desktopSize = 251
        case qemu = 255
    }

    /// Bytes that need no look.
    private var skip = 1
    /// The message whose header is under way, how much of it is there, and its last eight bytes.
    private var message: Message?
    private var have = 0
    private var tail: UInt64 = 0
    /// Whether the thread is lost.
    package private(set) var isLost = false

    /// Starts before ClientInit, which is one byte.
    package init() {}

    /// Takes the next bytes, without consuming them; whether a message of a user's input began in them.
    package mutating func sawInput(in bytes: ByteBuffer) -> Bool {
        var index = bytes.readerIndex
        var found = false
        while !isLost, index < bytes.writerIndex {
            if skip > 0 {
                let step = min(skip, bytes.writerIndex - index)
                skip -= step
                index += step
            } else if let byte = bytes.getInteger(at: index, as: UInt8.self) {
                index += 1
                if take(byte) { found = true }
            }
        }
        return found
    }

    /// Takes one byte of a header; whether the message is now known to be input.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard let message else { return begin(byte) }
        tail = tail << 8 | UInt64(byte)
        have += 1
        switch (message, have) {
        case (.setEncodings, 4): finish(skip: 4 * Int(tail & 0xFFFF))
        case (.cutText, 8):
            // The extended clipboard marks its length with a minus.
            finish(skip: Int(Int32(truncatingIfNeeded: tail).magnitude))
            return true
        case (.fence, 9): finish(skip: Int(tail & 0xFF))
        case (.desktopSize, 8): finish(skip: 16 * Int(tail >> 8 & 0xFF))
        case (.gesture, 4): finish(skip: gestureLength)
        case (.qemu, 2): return takeQEMU(byte)
        case (.qemu, 4): finish(skip: tail & 0xFFFF == 2 ? 6 : 0)
        default: break
        }
        return false
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        guard let known = Message(rawValue: byte) else {
            isLost = true
            return false
        }
        switch known {
        case .setPixelFormat: skip = 19
        case .updateRequest, .continuousUpdates: skip = 9
        case .power: skip = 3
        case .key: skip = 7
        case .pointer: skip = 5
        case .setEncodings, .cutText, .fence, .gesture, .desktopSize, .qemu:
            message = known
            (have, tail) = (1, UInt64(byte))
        }
        return known == .key || known == .pointer
    }

    private mutating func finish(skip: Int) {
        self.skip = skip
        message = nil
    }

    /// Of the GII extension: the byte order stands in the second byte's highest bit.
    private var gestureLength: Int {
        let length = UInt16(truncatingIfNeeded: tail)
        return Int(tail >> 16 & 0x80 != 0 ? length : length.byteSwapped)
    }

    /// An extended key, or audio, whose header goes on for two bytes.
    private mutating func takeQEMU(_ kind: UInt8) -> Bool {
        switch kind {
        case 0: finish(skip: 10)
        case 1: break
        default: isLost = true
        }
        return kind == 0
    }
}
