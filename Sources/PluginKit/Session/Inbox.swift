// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
import PluginProtocol
import Synchronization

/// Takes in what the link hears.
struct Inbox: Sendable {
    private let calls: HostCalls
    private let arrivals: AsyncStream<Message>.Continuation
    private let assembler: SharedAssembler

    init(calls: HostCalls, arrivals: AsyncStream<Message>.Continuation) {
        self.calls = calls
        self.arrivals = arrivals
        assembler = SharedAssembler()
    }

    /// Takes in bytes, or the end.
    @Sendable func take(_ bytes: [UInt8]?) {
        guard let bytes else {
            arrivals.finish()
            return calls.end()
        }
        for arrival in assembler.feed(bytes) {
            switch arrival {
            case .message(.response(let id, let outcome)): calls.take(answer: id, outcome)
            case .message(let message): arrivals.yield(message)
            case .broken(let error): StandardStream.error.write("the host sent what is no message: \(error)\n")
            }
        }
    }
}

/// Puts messages together, in one place.
private final class SharedAssembler: Sendable {
    private let assembler = Mutex(MessageAssembler())

    func feed(_ bytes: [UInt8]) -> [MessageAssembler.Arrival] { assembler.withLock { $0.feed(bytes) } }
}
