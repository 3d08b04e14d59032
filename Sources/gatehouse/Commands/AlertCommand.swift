// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse alert`.
struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert", abstract: "Lists and acknowledges alerts.", subcommands: [List.self, Acknowledge.self])

    /// The command `gatehouse alert list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists alerts, newest first.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Flag(help: "Only those that nobody has acknowledged.") var open = false
        @Option(help: ArgumentHelp("At most that many, 1 to 500.", valueName: "number")) var limit = 50
        @Option(help: ArgumentHelp("Only those older than that one.", valueName: "id")) var before: Int64?

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["limit": .int(Int64(limit))]
            if open { parameters["acknowledged"] = false }
            parameters["before"] = before.map(JSONValue.int)
            let result = try await daemon.call("alert.list", parameters)
            let alerts = result["alerts"]?.arrayValue ?? []
            let columns: [Table.Column] = [
                .init("ID", .right), .init("WHEN"), .init("SEVERITY"), .init("KIND"), .init("ABOUT"),
                .init("ACKNOWLEDGED"), .init("OVER SINCE"), .init("MESSAGE"),
            ]
            let rows = alerts.map { alert in
                [
                    Cell.text(alert["id"]), Cell.time(alert["at"]), Cell.text(alert["severity"]),
                    Cell.text(alert["kind"]), Cell.text(alert["subject"]?["name"]), Cell.text(alert["acknowledged"]),
                    Cell.time(alert["clearedAt"]), Cell.text(alert["message"]),
                ]
            }
            var text = Table(columns, rows).text(empty: "No alerts.")
            if result["more"]?.boolValue == true, let last = alerts.last?["id"] {
                text += "There are more: --before \(Cell.text(last))\n"
            }
            return Finding(result: result, text: text)
        }
    }

    /// The command `gatehouse alert acknowledge`.
    struct Acknowledge: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes note of an alert, or of all.", usage: "gatehouse alert acknowledge ID | --all")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The alert's number.") var alert: Int64?
        @Flag(help: "Every alert.") var all = false

        func validate() throws {
            guard (alert == nil) == all else { throw ValidationError("Name an alert, or say --all.") }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            guard let alert else {
                return Finding(
                    result: try await daemon.call("alert.acknowledgeAll"), text: "All alerts are acknowledged.\n")
            }
            return Finding(
                result: try await daemon.call("alert.acknowledge", ["alert": .int(alert)]),
                text: "Alert \(alert) is acknowledged.\n")
        }
    }
}
