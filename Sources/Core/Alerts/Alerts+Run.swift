// SPDX-License-Identifier: Apache-2.0

import Model
import ServiceLifecycle

extension Alerts: Service {
    /// How often everything is looked at, whether or not something was reported.
    private static let period: Duration = .seconds(15)

    /// Watches the inventory until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask(name: "alerts: time") { await self.checkAgainAndAgain() }
                group.addTask(name: "alerts: events") { await self.listen() }
            }
        }
    }

    private func checkAgainAndAgain() async {
        var turn = 0
        while !Task.isCancelled {
            await check()
            turn += 1
            // Once an hour is plenty; where it fails the next hour tries again.
            if turn % 240 == 0 { try? await prune() }
            try? await Task.sleep(for: Self.period)
        }
    }

    private func listen() async {
        while !Task.isCancelled {
            if let subscription = try? bus.subscribe() {
                for await event in subscription.events {
                    switch event {
                    case .nodeChanged(let id): await check(.node(id))
                    case .machineChanged(let id): await check(.machine(id))
                    default: break
                    }
                }
                bus.unsubscribe(subscription.id)
                // Cut off because of too many events at once: the regular look makes up for what was missed.
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
