// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse audit`.
struct Audit: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "Lists who did what, newest first.")

    @OptionGroup var daemonOptions: DaemonOptions

    @Option(help: ArgumentHelp("At most that many entries, 1 to 500.", valueName: "number"))
    var limit = 50

    @Option(help: ArgumentHelp("Only entries older than the one of that id.", valueName: "id"))
    var before: Int64?

    @Option(help: ArgumentHelp("Only what that user did.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Only actions that begin with that, such as console.", valueName: "prefix"))
    var action: String?

    func ask(_ daemon: Daemon) async throws -> Finding {
        var parameters: [String: JSONValue] = ["limit": .int(Int64(limit))]
        parameters["before"] = before.map(JSONValue.int)
        parameters["user"] = user.map(JSONValue.string)
        parameters["action"] = action.map(JSONValue.string)
        let result = try await daemon.call("audit.list", parameters)
        let entries = result["entries"]?.arrayValue ?? []
        let columns: [Table.Column] = [
            .init("ID", .right), .init("WHEN"), .init("WHO"), .init("FROM"), .init("WHAT"), .init("OUTCOME"),
            .init("TO WHAT"), .init("DETAIL"),
        ]
        var text = Table(columns, entries.map(Self.row)).text(empty: "No entries.")
        if result["more"]?.boolValue == true, let last = entries.last?["id"] {
            text += "There are more: --before \(Cell.text(last))\n"
        }
        return Finding(result: result, text: text)
    }

    private static func row(_ entry: JSONValue) -> [String] {
        [
            Cell.text(entry["id"]), Cell.time(entry["at"]), Cell.text(entry["user"]), Cell.text(entry["address"]),
            Cell.text(entry["action"]), Cell.text(entry["outcome"]), Cell.text(entry["target"]),
            Cell.text(entry["detail"]),
        ]
    }
}
