// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginProtocol

/// Everything that is known of one plugin; only the host touches it.
final class PluginSlot {
    /// Its name.
    let name: String
    /// Its row in the table; one with every default where it is only found in a folder.
    let row: PluginRow
    /// Whether the configuration file has the row.
    let isDeclared: Bool
    /// What was found in the search folders; nil where it is missing.
    var found: FoundPlugin?
    /// What runs, or would run.
    var candidate: PluginCandidate?
    /// What was changed while it ran.
    var change = PluginChange()
    /// Decides about its process.
    var supervisor: Supervisor
    /// Its process, as long as it counts.
    var instance: PluginInstance?
    /// Since when it stands where it does.
    var since = Date()
    /// Where it stood when that was last told.
    var toldState = PluginState.disabled
    /// What the folder looked like when the candidate was copied from it.
    var signature: [String]?
    /// Why the newer content of its folder was not taken; nil where there is none.
    var reloadError: String?
    /// What is wrong beside its process, such as a listener that another plugin has.
    var trouble: String?
    /// Counts pauses, so that one that was overtaken ends without effect.
    var pause = 0
    /// What holds for it, for everybody who must not wait.
    let access: PluginAccess
    /// Operations take turns.
    let turn = Turn()

    init(row: PluginRow, isDeclared: Bool) {
        name = row.name
        self.row = row
        self.isDeclared = isDeclared
        supervisor = Supervisor(limits: row.restart)
        access = PluginAccess(name: row.name, timeouts: row.timeouts, queue: row.queue)
    }

    /// What its manifest says; nil where that is not known.
    var manifest: Manifest? {
        if let candidate { return candidate.manifest }
        if case .success(let manifest) = found?.manifest { return manifest }
        return nil
    }

    /// What is switched on, after every change.
    var switches: PluginSwitches {
        var switches = isDeclared ? row.declared : PluginSwitches(enabled: false)
        if let enabled = change.enabled { switches.enabled = enabled }
        for (part, isOn) in change.parts {
            if isOn { switches.parts.insert(part) } else { switches.parts.remove(part) }
        }
        return switches
    }

    /// The parts that it has and that are on.
    var activeParts: Set<PluginPart> {
        guard switches.enabled, let manifest else { return [] }
        return switches.parts.intersection(manifest.parts)
    }

    /// What it may do: what it asks for, as far as it was granted.
    var granted: [String] {
        guard let asked = manifest?.permissions else { return [] }
        if let list = change.permissions { return Self.common(list, asked) }
        switch row.permissions {
        case .asked: return asked
        case .list(let list): return Self.common(list, asked)
        }
    }

    /// What two lists of permissions have in common, where `machine.*` covers `machine.list`.
    static func common(_ granted: [String], _ asked: [String]) -> [String] {
        if granted.contains("*") { return asked }
        let narrower = granted.filter { one in
            asked.contains { $0.hasSuffix(".*") && $0 != one && one.hasPrefix($0.dropLast()) }
        }
        let same = Permission.granted(granted, asked: asked)
        return same + narrower.filter { !same.contains($0) }
    }

    /// Everything that is known, but for what takes a look at the system.
    func status(sandboxed: Bool, isReloadPending: Bool) -> PluginStatus {
        var status = PluginStatus(name: name, since: since)
        if let manifest {
            status.version = manifest.version
            status.description = manifest.description
            status.parts = Set(manifest.parts)
            status.asked = manifest.permissions
            status.routes = manifest.routes.map { $0.listener ? "\($0.path) (own listeners)" : $0.path }
            status.pages = manifest.pluginPages
            status.polls = manifest.polls.map(\.name)
            status.jobKinds = manifest.jobs
        }
        status.declared = isDeclared ? row.declared : nil
        status.changed = change == PluginChange() ? nil : change
        status.switches = switches
        status.state = supervisor.state
        status.error = supervisor.error ?? reloadError ?? trouble ?? foundError
        status.figures = access.figures.figures
        status.figures.restarts = supervisor.restarts
        status.granted = granted
        status.isSandboxed = sandboxed && manifest?.command != nil
        status.isTrusted = row.isTrusted
        status.folder = found?.folder
        status.digest = candidate?.digest
        status.isReloadPending = isReloadPending
        return status
    }

    /// What is wrong with the folder of a plugin that is off; one that is on has failed with it.
    private var foundError: String? {
        if case .failure(let error) = found?.manifest { return error.message }
        return nil
    }
}

/// Lets operations on one thing happen one after the other, in the order in which they came.
final class Turn {
    private var isTaken = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// Waits for the turn.
    func take(isolation: isolated (any Actor)? = #isolation) async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiters.append($0) }
    }

    /// Gives the turn to the next.
    func pass() {
        if waiters.isEmpty { isTaken = false } else { waiters.removeFirst().resume() }
    }
}
