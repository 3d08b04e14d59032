// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse console`.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Lists the consoles in use and closes them.",
        subcommands: [List.self, Disconnect.self])

    /// The command `gatehouse console list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the consoles in use.")

        @OptionGroup var daemonOptions: DaemonOptions

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("console.list")
            let columns: [Table.Column] = [
                .init("MACHINE"), .init("TYPE"), .init("HOLDER"), .init("FROM"), .init("SINCE"), .init("CONNECTED"),
                .init("IN", .right), .init("OUT", .right), .init("ID"),
            ]
            let rows = (result["consoles"]?.arrayValue ?? []).map { console in
                [
                    Cell.text(console["machineName"]), Cell.text(console["console"]), Cell.text(console["holder"]),
                    Cell.text(console["address"]), Cell.time(console["since"]), Cell.text(console["connected"]),
                    Cell.bytes(console["bytesIn"]), Cell.bytes(console["bytesOut"]), Cell.text(console["machine"]),
                ]
            }
            return Finding(result: result, text: Table(columns, rows).text(empty: "No console is in use."))
        }
    }

    /// The command `gatehouse console disconnect`.
    struct Disconnect: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Closes a console and frees its lock.", usage: "gatehouse console disconnect MACHINE vnc|text")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The machine.") var machine: String
        @Argument(help: "vnc for the screen, text for the serial line.") var type: String
        @Option(help: ArgumentHelp("Shown on the page that is closed.", valueName: "text")) var reason: String?

        func validate() throws {
            guard ConsoleType(rawValue: type) != nil else { throw ValidationError("The type is vnc or text.") }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = [
                "machine": try await MachineName(machine).address(daemon), "type": .string(type),
            ]
            parameters["reason"] = reason.map(JSONValue.string)
            let result = try await daemon.call("console.disconnect", parameters)
            return Finding(result: result, text: HarmlessText.line("The \(type) console of \(machine) is free.") + "\n")
        }
    }
}
