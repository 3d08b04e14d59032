// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONRPC
import Model

/// What every command takes.
struct DaemonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket; else GATEHOUSE_SOCKET, else \(Daemon.standardSocket).", valueName: "path"))
    var socket: String?

    @Flag(help: "Print the result as one line of JSON, for programs.")
    var json = false

    /// Where the daemon listens.
    var path: String {
        let given = Surroundings.current.environment["GATEHOUSE_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        return socket ?? given ?? Daemon.standardSocket
    }
}

/// What a command found: the daemon's result as it came, and the same in words for people.
struct Finding {
    let result: JSONValue
    let text: String
}

/// A command that asks the daemon something and prints what it found.
protocol DaemonCommand: AsyncParsableCommand {
    /// What every command takes.
    var daemonOptions: DaemonOptions { get }
    /// Asks the daemon.
    func ask(_ daemon: Daemon) async throws -> Finding
}

extension DaemonCommand {
    /// Connects, asks and prints.
    mutating func run() async throws {
        let command = self
        let finding = try await Daemon.connected(to: daemonOptions.path) { try await command.ask($0) }
        let json = HarmlessText.json(JSONWriter.text(finding.result)) + "\n"
        Surroundings.current.out(daemonOptions.json ? json : finding.text)
    }
}
