// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse plugin`.
struct PluginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Lists plugins, switches them and their parts, and shows what they log.",
        discussion: """
            What is switched here is kept and wins over the configuration file, until `gatehouse plugin reset`. A \
            plugin that does not run in a sandbox is as trusted as the user that the daemon runs as.
            """,
        subcommands: [
            List.self, Show.self, Enable.self, Disable.self, Set.self, Reset.self, Reload.self, Restart.self,
            PluginLog.self, PluginCheckCommand.self,
        ])

    /// The command `gatehouse plugin list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists every plugin that is declared or found.")

        @OptionGroup var daemonOptions: DaemonOptions

        func ask(_ daemon: Daemon) async throws -> Finding {
            PluginText.list(try await daemon.call("plugin.list"))
        }
    }

    /// The command `gatehouse plugin show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a plugin: where it stands, what it may do, how its calls went, its last log lines.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("plugin.show", ["name": .string(name)])
            let log = try await daemon.call("plugin.log", ["name": .string(name), "limit": 10])
            let lines = (log["lines"]?.arrayValue ?? []).map(PluginText.line)
            let tail = lines.isEmpty ? "" : "\nThe end of its log:\n" + lines.joined()
            return Finding(result: result, text: PluginText.fields(result["plugin"]) + tail)
        }
    }

    /// The command `gatehouse plugin reset`.
    struct Reset: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Returns a plugin to what the configuration file says.",
            usage: "gatehouse plugin reset NAME | --all")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String?
        @Flag(help: "Every plugin.") var all = false

        func validate() throws {
            guard (name == nil) == all else { throw ValidationError("Name a plugin, or say --all.") }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("plugin.reset", name.map { ["name": .string($0)] } ?? [:])
            let subject = name.map { "Plugin \($0) is" } ?? "All plugins are"
            return Finding(result: result, text: HarmlessText.line("\(subject) as the configuration file says.") + "\n")
        }
    }

    /// The command `gatehouse plugin reload`.
    struct Reload: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks at the plugin folders again; new versions replace old ones without a lost request.")

        @OptionGroup var daemonOptions: DaemonOptions

        func ask(_ daemon: Daemon) async throws -> Finding {
            PluginText.list(try await daemon.call("plugin.reload"))
        }
    }

    /// The command `gatehouse plugin restart`.
    struct Restart: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a plugin's process and starts it again.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The plugin's name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            try await daemon.settledPlugin(try await daemon.call("plugin.restart", ["name": .string(name)]))
        }
    }
}
