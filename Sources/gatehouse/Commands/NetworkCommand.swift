// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse network`.
struct NetworkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Lists, makes and removes networks of nodes.",
        subcommands: [List.self, Show.self, Create.self, Remove.self, SetDefault.self])

    /// The command `gatehouse network list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists networks: the hypervisor's own and the bridges of its host.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Option(help: ArgumentHelp("Only of that node; else of every node.", valueName: "name")) var node: String?

        func ask(_ daemon: Daemon) async throws -> Finding {
            .list(
                try await daemon.list("network.list", "networks", node: node), "networks",
                [
                    .text("name"), .text("node"), .text("kind"), .text("bridge"), .text("active"), .text("default"),
                    .text("uplink"), .text("address"), .text("vlans"), .text("description"),
                ], empty: "No networks.")
        }
    }

    /// The command `gatehouse network show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a network and the machines in it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Argument(help: "The network's name.") var network: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let named: [String: JSONValue] = ["node": .string(node), "network": .string(network)]
            let shown = try await daemon.call("network.show", named)["network"] ?? .null
            let machines = try await daemon.call("network.machines", named)["machines"]?.arrayValue ?? []
            let names = machines.compactMap { $0["name"]?.stringValue }
            let fields: [Field] = [
                .text("name"), .text("id"), .text("node"), .text("kind"), .text("bridge"), .text("active"),
                .text("starts by itself", "autostart"), .text("default"), .text("uplink"), .text("address"),
                .text("netmask"), .text("vlans"), .text("description"),
                Field(name: "machines") { _ in names.isEmpty ? Cell.nothing : names.joined(separator: ", ") },
            ]
            return Finding(
                result: ["network": shown, "machines": .array(machines)], text: Table.fields(fields, of: shown))
        }
    }

    /// The command `gatehouse network create`.
    struct Create: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a network on a bridge of its own, without a way out unless --uplink is given.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Argument(help: "The network's name.") var network: String
        @Option(help: ArgumentHelp("What it is for.", valueName: "text")) var description: String?
        @Option(help: ArgumentHelp("What its bridge is called.", valueName: "name")) var bridge: String?
        @Option(help: ArgumentHelp("An interface of the host that becomes part of it.", valueName: "name"))
        var uplink: String?

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["node": .string(node), "network": .string(network)]
            parameters["description"] = description.map(JSONValue.string)
            parameters["bridge"] = bridge.map(JSONValue.string)
            parameters["uplink"] = uplink.map(JSONValue.string)
            let result = try await daemon.call("network.create", parameters)
            let line = "Network \(network) is on bridge \(Cell.text(result["network"]?["bridge"]))."
            return Finding(result: result, text: HarmlessText.line(line) + "\n")
        }
    }

    /// The command `gatehouse network remove`.
    struct Remove: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Removes a network that no machine is plugged into.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Argument(help: "The network's name.") var network: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call(
                "network.remove", ["node": .string(node), "network": .string(network)])
            return Finding(result: result, text: HarmlessText.line("Network \(network) is removed.") + "\n")
        }
    }

    /// The command `gatehouse network set-default`.
    struct SetDefault: DaemonCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-default", abstract: "Chooses the network of a node that new interfaces are for.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Argument(help: "The network's name.") var network: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call(
                "network.setDefault", ["node": .string(node), "network": .string(network)])
            return Finding(
                result: result, text: HarmlessText.line("Network \(network) is the default of \(node).") + "\n")
        }
    }
}
