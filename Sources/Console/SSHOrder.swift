// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import SystemPackage

/// One tunnel to carry: its pipes, and who waits for its end.
///
/// Whatever way it goes, the child's ends are closed and the promise is kept: at the latest when it is dropped.
final class SSHOrder: Sendable {
    private struct State {
        var childEnds: (SystemPackage.FileDescriptor, SystemPackage.FileDescriptor)?
        var exit: EventLoopPromise<String?>?
        var channelClosed: EventLoopFuture<Void>?
        var said = ""
        var wasStarted = false
    }

    /// The most of ssh's error output that is kept, in bytes.
    private static let wordLimit = 1024

    let arguments: SSHArguments
    /// Our ends of the pipes; whoever makes a channel of them owns them.
    let ourInput: SystemPackage.FileDescriptor
    let ourOutput: SystemPackage.FileDescriptor
    private let state: Mutex<State>

    /// Makes the pipes; if that fails the promise stays the caller's.
    init(arguments: SSHArguments, exit: EventLoopPromise<String?>) throws {
        self.arguments = arguments
        let toChild = try SystemPackage.FileDescriptor.pipe(options: .closeOnExec)
        do {
            let fromChild = try SystemPackage.FileDescriptor.pipe(options: .closeOnExec)
            (ourInput, ourOutput) = (fromChild.readEnd, toChild.writeEnd)
            state = Mutex(State(childEnds: (toChild.readEnd, fromChild.writeEnd), exit: exit))
        } catch {
            try? toChild.readEnd.close()
            try? toChild.writeEnd.close()
            throw error
        }
    }

    deinit { finish() }

    func setChannelClosed(_ future: EventLoopFuture<Void>) {
        state.withLock { $0.channelClosed = future }
    }

    /// Returns when the channel is closed; at once when there is none.
    func waitForChannel() async {
        let future = state.withLock { $0.channelClosed }
        // A close future does not fail.
        try? await future?.get()
    }

    /// Hands the child's ends over, to be closed by the caller; nil the second time.
    func takeChildEnds() -> (input: SystemPackage.FileDescriptor, output: SystemPackage.FileDescriptor)? {
        state.withLock { state in
            let ends = state.childEnds
            state.childEnds = nil
            state.wasStarted = true
            return ends
        }
    }

    /// Keeps a line of what ssh said.
    func note(_ line: String) {
        state.withLock { state in
            let room = Self.wordLimit - state.said.utf8.count
            if room > 0 { state.said += line.prefix(room) + "\n" }
        }
    }

    /// The child has ended, or will never start.
    func finish() {
        let (ends, exit, said) = state.withLock { state in
            defer { (state.childEnds, state.exit) = (nil, nil) }
            return (state.childEnds, state.exit, state.wasStarted ? state.said : nil)
        }
        if let ends {
            try? ends.0.close()
            try? ends.1.close()
        }
        exit?.succeed(said)
    }
}
