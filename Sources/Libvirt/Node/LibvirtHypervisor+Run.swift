// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
package import Model

extension LibvirtHypervisor {
    /// Why a session ended.
    private struct ConnectionLost: Error {
        let reason: String
    }

    /// Runs the connection until the task is cancelled, and then frees everything and returns.
    ///
    /// - Throws: `conflict` where it runs already, `limitExceeded` where the system has no thread.
    package func run(events: @escaping @Sendable (HypervisorEvent) async -> Void) async throws {
        guard beginRunning() else { throw GatehouseError(.conflict, "This node runs already.") }
        defer { endRunning() }
        guard let lease = EventLoop.shared.lease() else {
            throw GatehouseError(.limitExceeded, "libvirt's event loop can not be started.")
        }
        defer { withExtendedLifetime(lease) {} }
        await events(.node(.connecting))
        var backoff = Backoff(start: timing.backoffStart, limit: timing.backoffLimit)
        var reported: String?
        while !Task.isCancelled {
            let (reason, wasOnline) = await attempt(events)
            if Task.isCancelled { break }
            if wasOnline { backoff.reset() }
            if wasOnline || reason != reported {
                logger.warning("node is unreachable", metadata: ["uri": "\(node.uri)", "reason": "\(reason)"])
                await events(.node(.unreachable(reason: reason)))
                reported = reason
            }
            try? await Task.sleep(for: backoff.wait())
        }
    }

    /// Connects and serves until the connection is lost; the answer is why, and whether it was up.
    private func attempt(_ events: @Sendable (HypervisorEvent) async -> Void) async -> (String, Bool) {
        let session: NodeSession
        do {
            session = try await NodeSession.open(node.connectionURI, threads: threads, timing: timing)
        } catch {
            let reason = Failures.reason(error, at: node.uri)
            use(nil, reason: reason)
            return (reason, false)
        }
        use(session)
        var wasOnline = false
        var reason = "the connection was closed here"
        do {
            let facts = try await session.read { connection in try connection.facts() }
            await events(.node(.online(facts)))
            wasOnline = true
            logger.info("node is online", metadata: ["uri": "\(node.uri)", "hypervisor": "\(facts.hypervisor)"])
            try await serve(session, events)
        } catch let error as ConnectionLost {
            reason = error.reason
        } catch {
            reason = session.signals.lossReason ?? Failures.reason(error, at: node.uri)
        }
        use(nil, reason: reason)
        await Self.unstopped { await session.close() }
        return (reason, wasOnline)
    }

    /// Reports until the session is lost or the task is cancelled.
    private func serve(_ session: NodeSession, _ events: @Sendable (HypervisorEvent) async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let interval = timing.resync
            group.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: interval)
                    session.signals.requestInventory()
                }
            }
            defer { group.cancelAll() }
            await events(.inventory(try await session.inventory()))
            for await _ in session.signals.wakeups {
                try await report(session.signals.take(), of: session, events)
            }
            throw CancellationError()
        }
    }

    private func report(
        _ batch: NodeSignals.Batch, of session: NodeSession, _ events: @Sendable (HypervisorEvent) async -> Void
    ) async throws {
        if let reason = batch.lost { throw ConnectionLost(reason: reason) }
        if batch.needsInventory {
            await events(.inventory(try await session.inventory()))
            return
        }
        for uuid in batch.changed {
            do {
                await events(.machine(try await session.reading(uuid).snapshot(inFull: false)))
            } catch let error as LibvirtError where error.isNoDomain {
                await events(.removed(uuid))
            } catch let error as CancellationError {
                throw error
            } catch {
                if let reason = session.signals.lossReason { throw ConnectionLost(reason: reason) }
                logger.warning("machine can not be read", metadata: ["machine": "\(uuid)", "error": "\(error)"])
            }
        }
    }

    /// Runs something to its end although the task around it may be cancelled.
    private static func unstopped(_ body: @escaping @Sendable () async -> Void) async {
        await Task { await body() }.value
    }
}
