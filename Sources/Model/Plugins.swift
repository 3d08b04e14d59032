// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The four places where a plugin can have a part (Zentific's plugin table).
package enum PluginPart: String, Sendable, CaseIterable, Hashable {
    /// Answers requests on routes of its own.
    case rpc
    /// Has pages in the web console.
    case frontend
    /// Carries out jobs.
    case scheduler
    /// Is called again and again, on a period.
    case poller
}

/// Where a plugin stands.
package enum PluginState: String, Sendable, CaseIterable {
    case disabled
    case starting
    case healthy
    /// It runs, but answers late or not at all.
    case degraded
    /// It ended by itself and is started again after a pause.
    case backoff
    /// It can not be started, or ended too often; only a person can mend it.
    case failed
}

/// What of a plugin is switched on.
package struct PluginSwitches: Sendable, Equatable {
    /// The plugin as a whole.
    package var enabled: Bool
    /// The parts that are on while the plugin is.
    package var parts: Set<PluginPart>

    /// Makes switches; every part is on unless said otherwise.
    package init(enabled: Bool, parts: Set<PluginPart> = Set(PluginPart.allCases)) {
        self.enabled = enabled
        self.parts = parts
    }
}

/// A change to a plugin's row that is kept and wins over the configuration file; nil leaves a field as it is.
package struct PluginChange: Sendable, Equatable {
    /// The plugin as a whole.
    package var enabled: Bool?
    /// Parts to switch.
    package var parts: [PluginPart: Bool]
    /// The permissions that are granted from now on, in place of the earlier ones.
    package var permissions: [String]?
    /// Whether it comes through the plugin itself, which then has to answer before it can end.
    package var isThroughItself: Bool

    /// Makes a change.
    package init(
        enabled: Bool? = nil, parts: [PluginPart: Bool] = [:], permissions: [String]? = nil,
        isThroughItself: Bool = false
    ) {
        self.enabled = enabled
        self.parts = parts
        self.permissions = permissions
        self.isThroughItself = isThroughItself
    }
}

/// A page that a plugin adds to the web console.
package struct PluginPage: Sendable, Equatable {
    /// Its name in addresses: lower-case letters, digits and hyphens.
    package var name: String
    /// Its title.
    package var title: String
    /// The document in the plugin's `www/` that is shown in a frame.
    package var file: String
    /// The module in `www/` that is loaded into the shell where the plugin is trusted.
    package var module: String?
    /// The text of its menu entry; nil for a page without one.
    package var menu: String?

    /// Makes a page.
    package init(name: String, title: String, file: String, module: String? = nil, menu: String? = nil) {
        self.name = name
        self.title = title
        self.file = file
        self.module = module
        self.menu = menu
    }
}

/// How a plugin's calls went since the host started.
package struct PluginFigures: Sendable, Equatable {
    /// Calls to it.
    package var calls = 0
    /// Those of them that failed.
    package var failures = 0
    /// Those under way.
    package var inFlight = 0
    /// The median time of the last calls, in microseconds; nil before the first.
    package var medianMicroseconds: Int?
    /// The time that 99 of 100 of the last calls kept to, in microseconds; nil before the first.
    package var p99Microseconds: Int?
    /// Times it was started again because it had ended by itself.
    package var restarts = 0

    /// Figures of a plugin that was never called.
    package init() {}
}

/// Everything that is known of a plugin.
package struct PluginStatus: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its version; nil where its manifest can not be read.
    package var version: String?
    /// What it is, in a sentence.
    package var description: String
    /// The parts that its manifest has.
    package var parts: Set<PluginPart>
    /// What the configuration file says; nil for a plugin that is only found in a folder.
    package var declared: PluginSwitches?
    /// What was changed while it ran; nil where nothing was.
    package var changed: PluginChange?
    /// What holds.
    package var switches: PluginSwitches
    /// Where it stands.
    package var state: PluginState
    /// Since when.
    package var since: Date
    /// What is wrong, and what to do; nil where nothing is.
    package var error: String?
    /// The number of its process; nil where it has none.
    package var process: Int?
    /// The memory of its process in KiB; nil where it has none.
    package var memoryKiB: Int?
    /// How its calls went.
    package var figures: PluginFigures
    /// The permissions that its manifest asks for.
    package var asked: [String]
    /// The permissions that it has.
    package var granted: [String]
    /// Whether its process runs in a sandbox.
    package var isSandboxed: Bool
    /// Whether its pages may run inside the shell.
    package var isTrusted: Bool
    /// Where it was found; nil where it is missing.
    package var folder: String?
    /// SHA-256 of its folder's content, in hexadecimal; nil before it was loaded.
    package var digest: String?
    /// Whether its folder holds something newer than what runs.
    package var isReloadPending: Bool
    /// The paths that it answers.
    package var routes: [String]
    /// Its pages.
    package var pages: [PluginPage]
    /// The names of its polls.
    package var polls: [String]
    /// The kinds of job that it carries out; `*` for all.
    package var jobKinds: [String]

    /// Makes the status of a plugin of which only the name is known.
    package init(name: String, since: Date) {
        self.name = name
        description = ""
        parts = []
        switches = PluginSwitches(enabled: false)
        state = .disabled
        self.since = since
        figures = PluginFigures()
        asked = []
        granted = []
        isSandboxed = false
        isTrusted = false
        isReloadPending = false
        routes = []
        pages = []
        polls = []
        jobKinds = []
    }

    /// Whether that part is there and on, whatever state the process is in.
    package func isOn(_ part: PluginPart) -> Bool {
        switches.enabled && parts.contains(part) && switches.parts.contains(part)
    }
}

/// A line of a plugin's log.
package struct PluginLogLine: Sendable, Equatable {
    /// Its number; later lines have higher ones.
    package var number: Int64
    /// When it was written.
    package var at: Date
    /// Whether the host wrote it, and not the plugin itself.
    package var isFromHost: Bool
    /// The text, without its line break, at most 4,096 bytes.
    package var text: String

    /// Makes a line.
    package init(number: Int64, at: Date, isFromHost: Bool, text: String) {
        self.number = number
        self.at = at
        self.isFromHost = isFromHost
        self.text = text
    }
}

/// Whether plugins can be run in a sandbox here.
package enum SandboxAvailability: Sendable, Equatable {
    case available
    /// The reason is for people.
    case unavailable(reason: String)
}

/// The plugin table while it runs: what is there, and switching it.
package protocol PluginControl: Sendable {
    /// Every plugin that is declared or found, by name.
    func plugins() async -> [PluginStatus]
    /// One plugin.
    ///
    /// - Throws: `notFound`.
    func plugin(named name: String) async throws -> PluginStatus
    /// Keeps a change and carries it out; when it returns, what was switched off is gone.
    ///
    /// Where it comes through the plugin itself it is carried out right after, so that the plugin can answer.
    /// What was switched on has been started, though it may still be `starting`.
    /// - Throws: `notFound`, `invalidParameters`, `storageFailed`.
    func modify(_ name: String, _ change: PluginChange) async throws -> PluginStatus
    /// Returns to what the configuration file says, for one plugin or for all.
    func reset(_ name: String?) async throws
    /// Looks at the folders again; a new version replaces the old one without a lost request.
    func reload() async throws
    /// Ends the process and starts it again, at once and whatever state it is in.
    func restart(_ name: String) async throws -> PluginStatus
    /// The last lines of its log, oldest first, at most `limit`, only those after a number if given.
    func log(_ name: String, limit: Int, after: Int64?) async throws -> [PluginLogLine]
    /// Whether plugins can be run in a sandbox here.
    var sandbox: SandboxAvailability { get async }
}

/// The plugin table of a host without plugins.
package struct NoPlugins: PluginControl {
    /// Makes one.
    package init() {}

    /// None.
    package func plugins() -> [PluginStatus] { [] }
    /// There is none.
    package func plugin(named name: String) throws -> PluginStatus { throw GatehouseError.pluginNotFound }
    /// There is none.
    package func modify(_ name: String, _ change: PluginChange) throws -> PluginStatus {
        throw GatehouseError.pluginNotFound
    }
    /// Nothing to do, but for a plugin that is not there.
    package func reset(_ name: String?) throws { if name != nil { throw GatehouseError.pluginNotFound } }
    /// Nothing to do.
    package func reload() {}
    /// There is none.
    package func restart(_ name: String) throws -> PluginStatus { throw GatehouseError.pluginNotFound }
    /// There is none.
    package func log(_ name: String, limit: Int, after: Int64?) throws -> [PluginLogLine] {
        throw GatehouseError.pluginNotFound
    }
    /// Nothing runs that would need one.
    package var sandbox: SandboxAvailability { .unavailable(reason: "This host has no plugins.") }
}

extension GatehouseError {
    /// The answer for a plugin that is not there.
    package static let pluginNotFound = GatehouseError(
        .notFound, "There is no such plugin; `gatehouse plugin list` shows those that were found.")
}
