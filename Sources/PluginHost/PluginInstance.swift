// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import Synchronization

/// A process of a plugin with what it was handed: the tokens and the requests under way.
final class PluginInstance: Sendable {
    private struct State {
        var requests = 0
        var idle: Latch?
        var dropped = 0
        var toldParts: [PluginPart] = []
        var fault: String?
    }

    /// The process.
    let process: PluginProcess
    /// What runs.
    let candidate: PluginCandidate
    /// For whom it may call.
    let tokens = CallTokens()
    /// What holds for the plugin.
    let access: PluginAccess
    private let state = Mutex(State())

    init(process: PluginProcess, candidate: PluginCandidate, access: PluginAccess) {
        self.process = process
        self.candidate = candidate
        self.access = access
    }

    /// The parts that it knows to be on.
    var toldParts: [PluginPart] {
        get { state.withLock { $0.toldParts } }
        set { state.withLock { $0.toldParts = newValue } }
    }

    /// Why the host ended it; nil where it did not.
    var fault: String? {
        get { state.withLock { $0.fault } }
        set { state.withLock { $0.fault = newValue } }
    }

    /// A request is about to be handed over.
    func begin() { state.withLock { $0.requests += 1 } }

    /// A request is answered, or given up.
    func end() {
        let idle = state.withLock { state in
            state.requests -= 1
            return state.requests == 0 ? state.idle : nil
        }
        idle?.open()
    }

    /// Waits until no request is under way, at most that long.
    func drain(atMost time: Duration) async {
        let idle: Latch? = state.withLock { state in
            guard state.requests > 0 else { return nil }
            let latch = state.idle ?? Latch()
            state.idle = latch
            return latch
        }
        _ = await idle?.wait(atMost: time)
    }

    /// Tells it of an event; one that does not keep up misses some, which its log says.
    func hear(_ method: String, _ parameters: [String: JSONValue]) {
        let isTaken = process.connection.notify(method, parameters)
        let dropped = state.withLock { state in
            defer { state.dropped = isTaken ? 0 : state.dropped + 1 }
            return isTaken ? state.dropped : state.dropped == 0 ? -1 : 0
        }
        if dropped < 0 { access.log.note("It does not read what it is sent; events are left out.") }
        if dropped > 0 { access.log.note("It reads again; \(dropped) events were left out.") }
    }
}
