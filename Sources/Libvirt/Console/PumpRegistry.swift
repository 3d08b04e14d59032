// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Synchronization

/// The text consoles that a session has open, or on their way back to the node.
final class PumpRegistry: Sendable {
    /// What is in the way of a new opener.
    enum Obstacle: Sendable {
        case none
        /// A console of ours that nobody uses any more, but that the node has not taken back.
        case unconfirmed
        /// A console of ours that is in use.
        case held
    }

    private let pumps = Mutex<[UUID: [ConsolePump]]>([:])

    /// Remembers a pump.
    func add(_ pump: ConsolePump, for uuid: UUID) {
        pumps.withLock { pumps in
            for key in Array(pumps.keys) {
                pumps[key]?.removeAll { Self.isClosed($0) }
                if pumps[key]?.isEmpty == true { pumps[key] = nil }
            }
            pumps[uuid, default: []].append(pump)
        }
    }

    /// Makes way for a new opener of a machine's text console, and tells what is still in its way.
    ///
    /// A console that ends just now is waited for; with `force` one in use is ended.
    func settle(_ uuid: UUID, force: Bool, within limit: Duration) async -> Obstacle {
        let known = pumps.withLock { $0[uuid] ?? [] }
        if force { for pump in known { pump.end() } }
        await Self.wait(for: known, within: limit)
        let left = known.filter { !Self.isClosed($0) }
        if left.isEmpty { return .none }
        return left.contains(where: Self.isOpen) ? .held : .unconfirmed
    }

    /// Ends all, and waits until they are gone or the time is over; then breaks them off.
    func endAll(within limit: Duration) async {
        let known = pumps.withLock { $0.values.flatMap { $0 } }
        for pump in known { pump.end() }
        await Self.wait(for: known, within: limit)
        for pump in known {
            if case .closing(let link) = pump.progress { link.breakOff() }
        }
    }

    private static func isClosed(_ pump: ConsolePump) -> Bool {
        if case .closed = pump.progress { true } else { false }
    }

    private static func isOpen(_ pump: ConsolePump) -> Bool {
        if case .open = pump.progress { true } else { false }
    }

    private static func wait(for pumps: [ConsolePump], within limit: Duration) async {
        let end = ContinuousClock.now + limit
        while pumps.contains(where: { !isClosed($0) }), ContinuousClock.now < end {
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                return
            }
        }
    }
}
