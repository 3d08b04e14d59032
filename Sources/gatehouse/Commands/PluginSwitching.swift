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
        static let configuration = CommandConfiguration(
            abstract: "Switches parts of a plugin.",
            usage: "gatehouse plugin set NAME PART=on|off...",
            discussion: "The parts are rpc, frontend, scheduler and poller.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String
        @Argument(help: "What to switch, such as rpc=off.") var switches: [String]

        func validate() throws { _ = try Self.parameters(switches) }

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters = try Self.parameters(switches)
            parameters["name"] = .string(name)
            return try await daemon.settledPlugin(try await daemon.call("plugin.modify", parameters))
        }

        /// The switches as parameters of the call.
        static func parameters(_ switches: [String]) throws -> [String: JSONValue] {
            var parameters: [String: JSONValue] = [:]
            for word in switches {
                let halves = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                guard halves.count == 2, PluginPart(rawValue: halves[0]) != nil, ["on", "off"].contains(halves[1])
                else {
                    throw ValidationError("Write PART=on or PART=off with rpc, frontend, scheduler or poller: \(word)")
                }
                parameters[halves[0]] = .bool(halves[1] == "on")
            }
            guard !parameters.isEmpty else { throw ValidationError("Say what to switch, such as rpc=off.") }
            return parameters
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
