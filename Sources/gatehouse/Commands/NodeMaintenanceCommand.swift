// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse node maintenance`.
struct NodeMaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Brings a node to rest so that its host can be worked on, and back.",
        subcommands: [Enter.self, Leave.self])

    /// The command `gatehouse node maintenance enter`.
    struct Enter: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a node take no new work, and brings its machines to rest.",
            discussion: """
                Machines move to other nodes where they can; what can not is saved, or else paused. It is done as a job: \
                Control-C ends the waiting alone, `gatehouse job cancel` the job.
                """)

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Option(help: ArgumentHelp("migrate, save, pause or shutdown; migrate if left out.", valueName: "word"))
        var policy: String?
        @Flag(help: "Do not wait for the job's end.") var noWait = false

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["node": .string(node)]
            parameters["policy"] = policy.map(JSONValue.string)
            return try await JobFollowing(daemon).submit("node.enterMaintenance", parameters, waits: !noWait) { job in
                let machines = job["output"]?["machines"]?.arrayValue ?? []
                let lines = machines.map { machine in
                    let place = machine["node"]?.stringValue.map { " to \($0)" } ?? ""
                    return HarmlessText.line("\(Cell.text(machine["name"])): \(Cell.text(machine["deed"]))\(place)")
                        + "\n"
                }
                return HarmlessText.line("Node \(node) is in maintenance.") + "\n" + lines.joined()
            }
        }
    }

    /// The command `gatehouse node maintenance leave`.
    struct Leave: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a node take work again, and brings back what rested on it.",
            discussion: "Machines that moved away stay where they are, unless --bring-back is given.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The node's name.") var node: String
        @Flag(help: "Bring machines back that moved to other nodes.") var bringBack = false
        @Flag(help: "Do not wait for the job's end.") var noWait = false

        func ask(_ daemon: Daemon) async throws -> Finding {
            let parameters: [String: JSONValue] = ["node": .string(node), "bringBack": .bool(bringBack)]
            return try await JobFollowing(daemon).submit("node.leaveMaintenance", parameters, waits: !noWait) { _ in
                HarmlessText.line("Node \(node) has left maintenance.") + "\n"
            }
        }
    }
}
