// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse status`.
struct Status: DaemonCommand {
    static let configuration = CommandConfiguration(abstract: "Tells how the daemon is doing.")

    @OptionGroup var daemonOptions: DaemonOptions

    func ask(_ daemon: Daemon) async throws -> Finding {
        let status = try await daemon.call("system.status")
        let nodes = status["nodes"]?.objectValue ?? [:]
        let counts = nodes.sorted { $0.key < $1.key }.filter { $0.value != 0 }
            .map { "\(Cell.text($0.value)) \($0.key)" }
        return Finding(
            result: status,
            text: Table.fields([
                ("version", Cell.text(status["version"])),
                ("started", Cell.time(status["startedAt"])),
                ("running for", Cell.duration(status["uptimeSeconds"])),
                ("nodes", counts.isEmpty ? "none" : counts.joined(separator: ", ")),
                ("machines", Cell.text(status["machines"])),
                ("sessions", Cell.text(status["sessions"])),
                ("consoles", Cell.text(status["consoles"])),
                ("database version", Cell.text(status["databaseVersion"])),
            ]))
    }
}
