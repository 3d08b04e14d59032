// SPDX-License-Identifier: Apache-2.0

import Logging
package import Model
import PluginProtocol

extension PluginHost: PluginControl {
    /// Every plugin that is declared or found, by name.
    package func plugins() async -> [PluginStatus] {
        if isRunning { await begun.wait() }
        var list: [PluginStatus] = []
        for name in slots.keys.sorted() {
            if let status = await status(name) { list.append(status) }
        }
        return list
    }

    /// One plugin.
    package func plugin(named name: String) async throws -> PluginStatus {
        if isRunning { await begun.wait() }
        guard let status = await status(name) else { throw GatehouseError.pluginNotFound }
        return status
    }

    /// Keeps a change and carries it out.
    package func modify(_ name: String, _ change: PluginChange) async throws -> PluginStatus {
        try await operate(name) { slot in
            try check(change, slot)
            let merged = StoredChange.merge(slot.change, change)
            try await repository.setSetting(StoredChange.prefix + name, to: StoredChange.value(merged))
            guard change.isThroughItself else { return await apply(merged, slot) }
            // Its call is under way: to wait for its end here would be to wait for ourselves.
            spawn { await self.applyKept(name) }
        }
        var status = try await plugin(named: name)
        if change.isThroughItself {
            status.switches.enabled = change.enabled ?? status.switches.enabled
            for (part, isOn) in change.parts {
                if isOn { status.switches.parts.insert(part) } else { status.switches.parts.remove(part) }
            }
        }
        return status
    }

    /// Carries out what was kept for a plugin.
    private func applyKept(_ name: String) async {
        do {
            try await operate(name) { slot in
                let kept = try await repository.settings()[StoredChange.prefix + name]
                await apply(kept.map(StoredChange.change) ?? PluginChange(), slot)
            }
        } catch {
            logger.error(
                "a change of a plugin could not be carried out", metadata: ["plugin": "\(name)", "error": "\(error)"])
        }
    }

    /// Returns to what the configuration file says.
    package func reset(_ name: String?) async throws {
        if isRunning { await begun.wait() }
        if let name, slots[name] == nil { throw GatehouseError.pluginNotFound }
        for name in name.map({ [$0] }) ?? slots.keys.sorted() {
            try await operate(name) { slot in
                guard slot.change != PluginChange() else { return }
                try await repository.setSetting(StoredChange.prefix + name, to: nil)
                await apply(PluginChange(), slot)
            }
        }
    }

    /// Ends the process and starts it again.
    package func restart(_ name: String) async throws -> PluginStatus {
        try await operate(name) { slot in
            guard slot.switches.enabled else {
                throw GatehouseError(.conflict, "The plugin \(name) is switched off; enable it instead.")
            }
            if slot.candidate == nil || slot.supervisor.state == .failed {
                slot.candidate = nil
                await scan()
            }
            let old = slot.instance
            slot.instance = nil
            slot.access.gate.pend()
            if let old { await retire(old, within: slot.row.timeouts.shutdown) }
            _ = slot.supervisor.switchOff()
            await converge(slot)
        }
        return try await plugin(named: name)
    }

    /// The last lines of its log.
    package func log(_ name: String, limit: Int, after: Int64?) throws -> [PluginLogLine] {
        guard let slot = slots[name] else { throw GatehouseError.pluginNotFound }
        return slot.access.log.lines(limit: limit, after: after)
    }

    /// Whether plugins can be run in a sandbox here.
    package var sandbox: SandboxAvailability { sandboxAvailability }

    /// Does something with a plugin in its turn.
    func operate(_ name: String, _ body: (PluginSlot) async throws -> Void) async throws {
        if isRunning { await begun.wait() }
        guard let slot = slots[name] else { throw GatehouseError.pluginNotFound }
        await slot.turn.take()
        defer { slot.turn.pass() }
        guard !isStopping else { throw GatehouseError(.conflict, "The host is stopping; try again later.") }
        try await body(slot)
    }

    private func status(_ name: String) async -> PluginStatus? {
        guard let slot = slots[name] else { return nil }
        let seen = slot.candidate.map { ($0.folder, slot.signature) }
        let process = slot.instance?.process
        let look = try? await Blocking.run { () -> (isPending: Bool, number: Int?, memory: Int?) in
            let isPending = seen.map { FoundPlugin.signature(of: $0.0) != $0.1 } ?? false
            return (isPending, process?.number, process?.memoryKiB)
        }
        var status = slot.status(
            sandboxed: isSandboxed(slot), isReloadPending: look?.isPending ?? false || slot.reloadError != nil)
        status.process = look?.number
        status.memoryKiB = look?.memory
        if status.error == nil { status.error = listenerProblem(name) }
        return status
    }

    private func check(_ change: PluginChange, _ slot: PluginSlot) throws {
        if let parts = slot.manifest?.parts {
            // A part that is not there is off anyway; callers of old APIs say all four at once.
            for (part, isOn) in change.parts where isOn && !parts.contains(part) {
                throw GatehouseError.invalidParameter(
                    part.rawValue, "The plugin \(slot.name) has no part \(part.rawValue).")
            }
        }
        for permission in change.permissions ?? [] where permission != "*" {
            _ = try Permission(checking: permission)
        }
    }

    /// Carries out a change that is kept already.
    private func apply(_ change: PluginChange, _ slot: PluginSlot) async {
        let before = (parts: slot.activeParts, hasNetwork: slot.granted.contains(Permission.network.name))
        slot.change = change
        guard slot.switches.enabled, let instance = slot.instance, slot.supervisor.state != .disabled else {
            return await converge(slot)
        }
        tell(slot, isChanged: true)
        let grace = slot.row.timeouts.shutdown
        if before.parts.contains(.scheduler), !slot.activeParts.contains(.scheduler) {
            endJobs(of: slot.access, instance, after: grace)
        }
        if before.hasNetwork != slot.granted.contains(Permission.network.name), isSandboxed(slot),
            let candidate = slot.candidate
        {
            await replace(slot, with: candidate)
            // What was taken away must not stay with a process that could not be replaced.
            if before.hasNetwork, slot.instance === instance { await startAnew(slot, with: candidate) }
        } else if before.parts != slot.activeParts, slot.supervisor.state != .starting {
            let parts = PluginPart.allCases.filter(slot.activeParts.contains)
            instance.toldParts = parts
            do {
                _ = try await instance.process.connection.call(PartsChangedCall(parts: parts), within: grace)
            } catch let error as GatehouseError {
                slot.access.log.note("It did not take the change of its parts: \(error.message)")
            } catch {}
        }
    }

    /// A running job has this time; then its token is worth nothing any more.
    private func endJobs(of access: PluginAccess, _ instance: PluginInstance, after grace: Duration) {
        spawn {
            guard (try? await Task.sleep(for: grace)) != nil, !access.parts.contains(.scheduler) else { return }
            instance.tokens.removeJobs()
        }
    }
}
