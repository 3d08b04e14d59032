// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginProtocol

/// All that is needed to start a plugin's process.
package struct PluginLaunch: Sendable {
    /// What runs.
    package var candidate: PluginCandidate
    /// The path of `gatehouse-launch`.
    package var launcher: String
    /// The folder that the plugin may write in; made where it is not there.
    package var dataFolder: String
    /// The sandbox; nil to run without one, as trusted as this user.
    package var sandbox: Sandbox?
    /// Whether the sandbox lets it use the network.
    package var hasNetwork = false
    /// What its process may use.
    package var limits = PluginProcessLimits()

    /// Names what is needed.
    package init(candidate: PluginCandidate, launcher: String, dataFolder: String, sandbox: Sandbox?) {
        self.candidate = candidate
        self.launcher = launcher
        self.dataFolder = dataFolder
        self.sandbox = sandbox
    }

    /// The plugin's data folder as it is called where the plugin runs.
    package var visibleDataFolder: String { sandbox == nil ? dataFolder : Sandbox.dataFolder }

    /// The launcher's arguments.
    func arguments(host: Int) throws -> [String] {
        guard let command = try candidate.command(root: sandbox == nil ? candidate.copy : Sandbox.pluginFolder) else {
            throw GatehouseError(.unsupported, "The plugin \(candidate.manifest.name) has pages only and no process.")
        }
        var words = ["--host", String(host)]
        if let memory = limits.memoryMiB { words += ["--memory-mib", String(memory)] }
        if let files = limits.files { words += ["--files", String(files)] }
        if let seconds = limits.cpuSeconds { words += ["--cpu-seconds", String(seconds)] }
        let whole =
            sandbox?.command(command, copy: candidate.copy, data: dataFolder, hasNetwork: hasNetwork) ?? command
        return words + ["--"] + whole
    }

    /// The variables of the launcher and, without a sandbox, of the plugin.
    var environment: [(name: String, value: String)] { Sandbox.environment(home: dataFolder, temporary: "/tmp") }

    /// Makes the data folder.
    func prepare() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: dataFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: dataFolder)
        } catch {
            throw GatehouseError(
                .storageFailed, "The plugin's data folder \(dataFolder) can not be made. Check who may write there.",
                cause: String(describing: error))
        }
    }
}
