// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
import PluginProtocol
import Synchronization

/// Takes in what the link hears.
struct Inbox: Sendable {
    private let calls: HostCalls
    private let arrivals: AsyncStream<[MessageAssembler.Arrival]>.Continuation
    private let assembler: SharedAssembler

    init(calls: HostCalls, arrivals: AsyncStream<[MessageAssembler.Arrival]>.Continuation) {
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
        var batch: [MessageAssembler.Arrival] = []
        for arrival in assembler.feed(bytes) {
            switch arrival {
            case .message(.response(let id, let outcome)): calls.take(answer: id, outcome)
            case .message, .call: batch.append(arrival)
            case .broken(let error): StandardStream.error.write("the host sent what is no message: \(error)\n")
            // That is what a plugin says.
            case .answer: break
            }
        }
        if !batch.isEmpty { arrivals.yield(batch) }
    }
}

/// Puts messages together, in one place.
private final class SharedAssembler: Sendable {
    private let assembler = Mutex(MessageAssembler(frequent: .calls))

    func feed(_ bytes: [UInt8]) -> [MessageAssembler.Arrival] { assembler.withLock { $0.feed(bytes) } }
}
