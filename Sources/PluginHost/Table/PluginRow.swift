// SPDX-License-Identifier: Apache-2.0

package import Model

/// A row of the plugin table, as the configuration file has it.
package struct PluginRow: Sendable, Equatable {
    /// The plugin's name, as its manifest gives it.
    package var name: String
    /// What of it is switched on.
    package var declared = PluginSwitches(enabled: true)
    /// What it is given as its configuration; checked against its manifest before it starts.
    package var configuration: JSONValue = [:]
    /// What it is granted.
    package var permissions = PluginPermissions.list([])
    /// The only content that may run: SHA-256 of its folder in hexadecimal, lower case; nil for any.
    package var digest: String?
    /// Sockets that are opened for it.
    package var listeners: [PluginListener] = []
    /// How long things may take.
    package var timeouts = PluginTimeouts()
    /// How often it may end by itself.
    package var restart = PluginRestartLimits()
    /// Whether its pages may run inside the shell.
    package var isTrusted = false
    /// Whether it runs in a sandbox; nil where that is possible.
    package var isSandboxed: Bool?
    /// What its process may use.
    package var limits = PluginProcessLimits()
    /// How many requests it may have before others are turned away.
    package var queue = PluginQueueLimits()

    /// Makes a row with every default.
    package init(name: String) { self.name = name }
}

/// What a plugin is granted.
package enum PluginPermissions: Sendable, Equatable {
    /// All that its manifest asks for.
    case asked
    /// These, and no others.
    case list([String])
}

/// How long things may take that a plugin does.
package struct PluginTimeouts: Sendable, Equatable {
    /// From the start of its process to its answer to `initialize`.
    package var start: Duration = .seconds(10)
    /// A request on one of its routes.
    package var call: Duration = .seconds(30)
    /// A run of one of its polls.
    package var poll: Duration = .seconds(60)
    /// From `shutdown` to the end of its process.
    package var shutdown: Duration = .seconds(5)
    /// Between two pings, and for the answer to one.
    package var ping: Duration = .seconds(15)

    /// Makes the default times.
    package init() {}
}

/// How often a plugin may end by itself, and how long the pauses are before it is started again.
package struct PluginRestartLimits: Sendable, Equatable {
    /// The most starts again within the window; one more and the plugin has failed.
    package var most = 5
    /// The window.
    package var within: Duration = .seconds(60)
    /// The first pause.
    package var firstDelay: Duration = .milliseconds(50)
    /// The longest pause.
    package var longestDelay: Duration = .seconds(60)

    /// Makes the default limits.
    package init() {}
}

/// What a plugin's process may use; nil for no limit.
package struct PluginProcessLimits: Sendable, Equatable {
    /// Memory of its own, in MiB (`RLIMIT_DATA`, for each of its processes).
    package var memoryMiB: Int?
    /// Open files.
    package var files: Int?
    /// Processor time in seconds, for each of its processes.
    package var cpuSeconds: Int?

    /// Makes limits that allow everything.
    package init() {}
}

/// How many requests a plugin may have before others are turned away.
package struct PluginQueueLimits: Sendable, Equatable {
    /// Those under way in the plugin at once.
    package var inFlight = 64
    /// Those that wait for their turn, or for the plugin to come back.
    package var waiting = 256

    /// Makes the default limits.
    package init() {}
}
