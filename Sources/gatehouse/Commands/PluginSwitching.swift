// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

extension PluginCommand {
    /// The command `gatehouse plugin enable`.
    struct Enable: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a plugin on and waits until it runs.",
            usage: "gatehouse plugin enable NAME [--grant PERMISSION...] [--grant-asked]",
            discussion: """
                A plugin may do what it is granted, and no more: see `asks for` and `may` in `gatehouse plugin show`. \
                A grant replaces the earlier ones.
                """)

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String
        @Option(
            parsing: .upToNextOption,
            help: ArgumentHelp("Grant these, such as machine.list or event.machine.*.", valueName: "permission"))
        var grant: [String] = []
        @Flag(help: "Grant all that the plugin asks for.") var grantAsked = false

        func validate() throws {
            guard grant.isEmpty || !grantAsked else {
                throw ValidationError("Say --grant or --grant-asked, not both.")
            }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["name": .string(name), "enabled": true]
            if grantAsked {
                parameters["permissions"] =
                    try await daemon.call("plugin.show", ["name": .string(name)])["plugin"]?["asked"] ?? []
            } else if !grant.isEmpty {
                parameters["permissions"] = .array(grant.map(JSONValue.string))
            }
            return try await daemon.settledPlugin(try await daemon.call("plugin.modify", parameters))
        }
    }

    /// The command `gatehouse plugin disable`.
    struct Disable: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Switches a plugin off; when this returns, its process is gone.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("plugin.modify", ["name": .string(name), "enabled": false])
            return Finding(result: result, text: PluginText.sentence(result["plugin"]))
        }
    }

    /// The command `gatehouse plugin set`.
    struct Set: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Switches parts of a plugin.")

        /// A part's switch on the command line.
        enum Switch: String, ExpressibleByArgument {
            case on
            case off
        }

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String
        @Option(help: ArgumentHelp("Whether it answers its paths.", valueName: "on|off")) var rpc: Switch?
        @Option(help: ArgumentHelp("Whether its pages are shown.", valueName: "on|off")) var frontend: Switch?
        @Option(help: ArgumentHelp("Whether it carries out jobs.", valueName: "on|off")) var scheduler: Switch?
        @Option(help: ArgumentHelp("Whether its polls run.", valueName: "on|off")) var poller: Switch?

        private var parts: [PluginPart: Switch] {
            var parts: [PluginPart: Switch] = [:]
            parts[.rpc] = rpc
            parts[.frontend] = frontend
            parts[.scheduler] = scheduler
            parts[.poller] = poller
            return parts
        }

        func validate() throws {
            guard !parts.isEmpty else { throw ValidationError("Say what to switch, such as --rpc off.") }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["name": .string(name)]
            for (part, position) in parts { parameters[part.rawValue] = .bool(position == .on) }
            return try await daemon.settledPlugin(try await daemon.call("plugin.modify", parameters))
        }
    }
}

extension Daemon {
    private static let startingAttempts = 150

    /// What became of a plugin that was switched on or started again, once it runs or has failed.
    ///
    /// - Throws: a `Failure` where it does not run.
    func settledPlugin(_ result: JSONValue) async throws -> Finding {
        var result = result
        var attempts = 0
        while result["plugin"]?["state"] == "starting", attempts < Self.startingAttempts,
            let name = result["plugin"]?["name"]
        {
            try await Task.sleep(for: .milliseconds(100))
            result = try await call("plugin.show", ["name": name])
            attempts += 1
        }
        if let plugin = result["plugin"], ["failed", "backoff"].contains(plugin["state"]?.stringValue) {
            throw Failure(.failed, "Plugin \(Cell.text(plugin["name"])) does not run: \(Cell.text(plugin["error"]))")
        }
        return Finding(result: result, text: PluginText.sentence(result["plugin"]))
    }
}
