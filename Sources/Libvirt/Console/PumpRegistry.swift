// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Synchronization

/// The text consoles that a session has open, and had open a moment ago.
final class PumpRegistry: Sendable {
    private let pumps = Mutex<[UUID: [ConsolePump]]>([:])

    /// For how long a console that was given back may still look held on the node.
    private static let afterglow: Duration = .seconds(10)

    /// Remembers a pump.
    func add(_ pump: ConsolePump, for uuid: UUID) {
        pumps.withLock { pumps in
            for key in Array(pumps.keys) {
                pumps[key]?.removeAll { Self.isForgotten($0) }
                if pumps[key]?.isEmpty == true { pumps[key] = nil }
            }
            pumps[uuid, default: []].append(pump)
        }
    }

    /// Makes way for a new opener of a machine's text console.
    ///
    /// A console that ends just now is waited for. One that stays is ended where `force`; else the
    /// answer is false.
    func settle(_ uuid: UUID, force: Bool, within limit: Duration) async -> Bool {
        let open = pumps.withLock { $0[uuid] ?? [] }
        if force { for pump in open { pump.end() } }
        return await Self.wait(for: open, within: limit) || force
    }

    /// Whether the node confirmed that it has the machine's text console back; nil where none of ours
    /// was given back just now.
    func recentEnd(_ uuid: UUID) -> Bool? {
        let endings = pumps.withLock { $0[uuid] ?? [] }.compactMap(\.ending)
            .filter { !$0.isByNode && !Self.isOld($0) }
        return endings.isEmpty ? nil : endings.allSatisfy(\.isConfirmed)
    }

    /// Ends all, and waits until they are gone or the time is over.
    func endAll(within limit: Duration) async {
        let open = pumps.withLock { $0.values.flatMap { $0 } }
        for pump in open { pump.end() }
        _ = await Self.wait(for: open, within: limit)
    }

    private static func isForgotten(_ pump: ConsolePump) -> Bool { pump.ending.map(isOld) ?? false }

    private static func isOld(_ ending: ConsolePump.Ending) -> Bool {
        ContinuousClock.now - ending.time > afterglow
    }

    private static func wait(for pumps: [ConsolePump], within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while pumps.contains(where: { $0.ending == nil }) {
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
