// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse node`.
struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Lists nodes, switches them on and off, and brings them to rest.",
        subcommands: [List.self, Enable.self, Disable.self, NodeMaintenanceCommand.self])

    /// The command `gatehouse node list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists every node.")

        @OptionGroup var daemonOptions: DaemonOptions

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("node.list")
            let columns: [Table.Column] = [
                .init("NAME"), .init("KIND"), .init("STATE"), .init("SINCE"), .init("MACHINES", .right),
                .init("HYPERVISOR"), .init("URI"), .init("REASON"),
            ]
            let rows = (result["nodes"]?.arrayValue ?? []).map { node in
                let hypervisor = [node["hypervisor"], node["version"]].compactMap { $0?.stringValue }
                return [
                    Cell.text(node["name"]), Cell.text(node["kind"]), Self.state(node),
                    Cell.time(node["since"]), Cell.text(node["machines"]),
                    hypervisor.isEmpty ? Cell.nothing : hypervisor.joined(separator: " "), Cell.text(node["uri"]),
                    Cell.text(node["reason"]),
                ]
            }
            return Finding(
                result: result,
                text: Table(columns, rows).text(empty: "No nodes. They are declared in the configuration file."))
        }

        private static func state(_ node: JSONValue) -> String {
            let isMaintained = node["maintenance"]?.objectValue != nil
            return Cell.text(node["state"]) + (isMaintained ? ", maintenance" : "")
        }
    }

    /// The command `gatehouse node enable`.
    struct Enable: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Connects to a node.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("node.enable", ["node": .string(node)])
            return Finding(
                result: result,
                text: HarmlessText.line("Node \(node) is \(Cell.text(result["node"]?["state"])).") + "\n")
        }
    }

    /// The command `gatehouse node disable`.
    struct Disable: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disconnects from a node; its machines are not listed.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("node.disable", ["node": .string(node)])
            return Finding(
                result: result,
                text: HarmlessText.line("Node \(node) is \(Cell.text(result["node"]?["state"])).") + "\n")
        }
    }
}
