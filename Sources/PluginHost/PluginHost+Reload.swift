// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import Synchronization

extension PluginHost {
    /// Looks at the folders again; a new version replaces the old one without a lost request.
    package func reload() async throws {
        if isRunning { await begun.wait() }
        await reloadTurn.take()
        defer { reloadTurn.pass() }
        let known = Set(slots.keys)
        await scan()
        for name in slots.keys where !known.contains(name) {
            let value = try await repository.settings()[StoredChange.prefix + name]
            slots[name]?.change = value.map(StoredChange.change) ?? PluginChange()
        }
        await withDiscardingTaskGroup { group in
            for name in slots.keys { group.addTask { try? await self.operate(name) { await self.refresh($0) } } }
        }
        for slot in slots.values where !slot.isDeclared && slot.found == nil && slot.change == PluginChange() {
            slots[slot.name] = nil
        }
        publish()
        await removeUnusedCopies()
    }

    private func refresh(_ slot: PluginSlot) async {
        slot.reloadError = nil
        guard slot.switches.enabled else { return tell(slot, isChanged: true) }
        pendingLoads += 1
        defer { pendingLoads -= 1 }
        do {
            let candidate = try await load(slot)
            if candidate.digest == slot.candidate?.digest, slot.supervisor.state != .failed { return }
            slot.access.log.note("Version \(candidate.manifest.version), digest \(candidate.digest), was found.")
            if slot.instance != nil, candidate.manifest.command != nil {
                await replace(slot, with: candidate)
            } else {
                await startAnew(slot, with: candidate)
            }
        } catch {
            await refuse(slot, (error as? GatehouseError)?.message ?? String(describing: error))
        }
    }

    /// A folder that can not be loaded: what runs goes on, unless the folder is gone.
    private func refuse(_ slot: PluginSlot, _ reason: String) async {
        slot.access.log.note("The folder can not be loaded: \(reason)")
        if slot.found != nil, slot.candidate != nil, slot.supervisor.state != .failed {
            slot.reloadError = reason
        } else {
            await switchOff(slot)
            _ = slot.supervisor.refuse(reason)
        }
        tell(slot, isChanged: true)
    }

    /// Ends the process that runs, and starts another.
    func startAnew(_ slot: PluginSlot, with candidate: PluginCandidate) async {
        let old = slot.instance
        slot.instance = nil
        slot.access.gate.pend()
        if let old { await retire(old, within: slot.row.timeouts.shutdown) }
        _ = slot.supervisor.switchOff()
        slot.candidate = candidate
        await converge(slot)
    }

    /// Starts a process beside the one that runs, hands over to it when it is ready, and ends the old one.
    ///
    /// Where the new one does not start, the old one goes on.
    func replace(_ slot: PluginSlot, with candidate: PluginCandidate) async {
        let verdict = Verdict()
        let next: PluginInstance
        do {
            let greeting = try greeting(for: slot, candidate)
            let instance = try makeInstance(slot, candidate)
            next = instance
            spawn { await self.accompany(instance, greeting) { await verdict.settle($0) } }
        } catch {
            return await refuse(slot, (error as? GatehouseError)?.message ?? String(describing: error))
        }
        let outcome = await verdict.outcome()
        if case .failure(let error) = outcome {
            verdict.carriedOut.open()
            next.process.kill()
            await next.process.gone.wait()
            return await refuse(slot, error.message)
        }
        let old = slot.instance
        slot.candidate = candidate
        slot.instance = next
        slot.access.current = next
        slot.pause += 1
        slot.supervisor.becomeReplaced(at: .now)
        tell(slot, isChanged: true)
        verdict.carriedOut.open()
        guard let old else { return }
        await old.drain(atMost: slot.row.timeouts.call)
        await old.process.end(within: slot.row.timeouts.shutdown)
    }
}

/// Whether a process that is to replace another one has started.
private final class Verdict: Sendable {
    /// Opens when the replacement was made, or given up.
    let carriedOut = Latch()
    private let isSettled = Latch()
    private let result = Mutex(Result<Void, GatehouseError>.success(()))

    /// Says how it came out, and waits until that was acted on.
    func settle(_ outcome: Result<Void, GatehouseError>) async {
        result.withLock { $0 = outcome }
        isSettled.open()
        await carriedOut.wait()
    }

    /// Waits for how it came out.
    func outcome() async -> Result<Void, GatehouseError> {
        await isSettled.wait()
        return result.withLock { $0 }
    }
}
