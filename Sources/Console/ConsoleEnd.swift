// SPDX-License-Identifier: Apache-2.0

/// Why a console session ended.
package enum ConsoleEnd: Sendable, Equatable {
    /// The source closed its connection: the machine stopped, or its console was restarted.
    case sourceEnded
    /// The connection to the source broke; the text says how.
    case sourceFailed(String)
    /// The browser went away.
    case peerClosed
    /// The browser broke the protocol; the text says how.
    case peerViolated(String)
    /// The browser did not finish the handshake in time.
    case handshakeTimedOut
    /// Somebody ended it with a close code and a reason of their own.
    case requested(code: UInt16, reason: String)

    /// The close code to tell the browser.
    package var closeCode: UInt16 {
        switch self {
        case .sourceEnded, .sourceFailed: 4004
        case .peerClosed: 1000
        case .peerViolated: 1002
        case .handshakeTimedOut: 4006
        case .requested(let code, _): code
        }
    }

    /// The reason to tell the browser.
    package var closeReason: String {
        switch self {
        case .sourceEnded: "the machine stopped or its console ended"
        case .sourceFailed(let text): "the connection to the console broke: \(text)"
        case .peerClosed: ""
        case .peerViolated(let text): text
        case .handshakeTimedOut: "the console handshake took too long"
        case .requested(_, let reason): reason
        }
    }
}

/// Bytes carried so far, past the handshake.
package struct ConsoleStatistics: Sendable, Equatable {
    /// From the browser to the machine.
    package var bytesIn: UInt64
    /// From the machine to the browser.
    package var bytesOut: UInt64

    /// Makes a count.
    package init(bytesIn: UInt64, bytesOut: UInt64) {
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
    }
}
