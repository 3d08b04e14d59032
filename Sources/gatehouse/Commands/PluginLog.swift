// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONRPC
import Model

/// The command `gatehouse plugin log`.
struct PluginLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Shows what a plugin wrote to its log, and what the host wrote there.")

    private static let pause = Duration.milliseconds(500)

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The plugin's name.") var name: String
    @Option(help: ArgumentHelp("At most that many of the last lines, 1 to 1000.", valueName: "number"))
    var limit = 50
    @Flag(name: .shortAndLong, help: "Go on and show what is added, until interrupted.") var follow = false

    mutating func run() async throws {
        let command = self
        try await Daemon.connected(to: daemonOptions.path) { try await command.show($0) }
    }

    private func show(_ daemon: Daemon) async throws {
        var last = try await lines(daemon, after: nil)
        while follow {
            try await Task.sleep(for: Self.pause)
            last = try await lines(daemon, after: last)
        }
    }

    /// Prints the lines after a number; the number of the last one.
    private func lines(_ daemon: Daemon, after: Int64?) async throws -> Int64 {
        var parameters: [String: JSONValue] = [
            "name": .string(name), "limit": .int(Int64(after == nil ? limit : 1000)),
        ]
        parameters["after"] = after.map(JSONValue.int)
        let result = try await daemon.call("plugin.log", parameters)
        let lines = result["lines"]?.arrayValue ?? []
        let out = Surroundings.current.out
        switch (daemonOptions.json, follow) {
        case (true, false): out(HarmlessText.json(JSONWriter.text(result)) + "\n")
        // A stream has one value a line.
        case (true, true): for line in lines { out(HarmlessText.json(JSONWriter.text(line)) + "\n") }
        case (false, _): if !lines.isEmpty { out(lines.map(PluginText.line).joined()) }
        }
        return lines.last?["number"]?.intValue ?? after ?? 0
    }
}
