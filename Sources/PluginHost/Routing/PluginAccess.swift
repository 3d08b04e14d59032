// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// What holds for a plugin at this moment, for everybody who must not wait for the table.
final class PluginAccess: Sendable {
    private struct State {
        var parts: Set<PluginPart> = []
        var permissions: [String] = []
        var current: PluginInstance?
    }

    /// The plugin's name.
    let name: String
    /// Where requests go in.
    let gate: PluginGate
    /// How its calls went.
    let figures = CallFigures()
    /// Its log, across restarts.
    let log = LogRing()
    /// How long things may take.
    let timeouts: PluginTimeouts
    private let state = Mutex(State())

    init(name: String, timeouts: PluginTimeouts, queue: PluginQueueLimits) {
        self.name = name
        self.timeouts = timeouts
        gate = PluginGate(plugin: name)
        gate.setLimits(queue)
    }

    /// The parts that are on.
    var parts: Set<PluginPart> {
        get { state.withLock { $0.parts } }
        set { state.withLock { $0.parts = newValue } }
    }

    /// What it may do.
    var permissions: [String] {
        get { state.withLock { $0.permissions } }
        set { state.withLock { $0.permissions = newValue } }
    }

    /// The process that counts; one that is being replaced does not.
    var current: PluginInstance? {
        get { state.withLock { $0.current } }
        set { state.withLock { $0.current = newValue } }
    }

    /// The plugin, as it acts for itself.
    var principal: Principal {
        Principal(
            identity: .plugin(PluginIdentity(name: name, permissions: permissions)), address: "plugin",
            userAgent: name, plugin: name)
    }

    /// Whether it may hear that topic.
    func mayHear(_ topic: String) -> Bool {
        PluginIdentity(name: name, permissions: permissions).may("event.\(topic)")
    }
}
