// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Synchronization

/// The text consoles that a session has open.
final class PumpRegistry: Sendable {
    private let pumps = Mutex<[UUID: [ConsolePump]]>([:])

    /// Remembers a pump until it has ended.
    func add(_ pump: ConsolePump, for uuid: UUID) {
        pumps.withLock { $0[uuid, default: []].append(pump) }
    }

    /// Makes way for a new opener of a machine's text console.
    ///
    /// A console that ends just now is waited for. One that stays is ended where `force`; else the
    /// answer is false.
    func settle(_ uuid: UUID, force: Bool, within limit: Duration) async -> Bool {
        let open = current(uuid)
        if force { open.forEach { $0.end() } }
        return await Self.wait(for: open, within: limit) || force
    }

    /// Ends all, and waits until they are gone or the time is over.
    func endAll(within limit: Duration) async {
        let open = pumps.withLock { $0.values.flatMap { $0 } }
        open.forEach { $0.end() }
        _ = await Self.wait(for: open, within: limit)
    }

    private func current(_ uuid: UUID) -> [ConsolePump] {
        pumps.withLock { pumps in
            for key in Array(pumps.keys) {
                pumps[key]?.removeAll { $0.hasEnded }
                if pumps[key]?.isEmpty == true { pumps[key] = nil }
            }
            return pumps[uuid] ?? []
        }
    }

    private static func wait(for pumps: [ConsolePump], within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while pumps.contains(where: { !$0.hasEnded }) {
            guard ContinuousClock.now < end else { return false }
            do {
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                return false
            }
        }
        return true
    }
}
