// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Model

/// The start of the command line: parses, runs, and turns what went wrong into one line and an exit status.
@main
enum Program {
    /// Runs the process's own arguments and ends the process.
    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// Runs arguments, without the program's name, and tells how that ended.
    static func run(_ arguments: [String]) async -> ProcessStatus {
        do {
            var command = try GatehouseCommand.parseAsRoot(arguments)
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            return .ok
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> ProcessStatus {
        let surroundings = Surroundings.current
        if let failure = error as? Failure ?? (error as? GatehouseError).map(Failure.init) {
            surroundings.fail(failure.message)
            return failure.status
        }
        if GatehouseCommand.exitCode(for: error) == .success {
            surroundings.out(GatehouseCommand.message(for: error) + "\n")
            return .ok
        }
        let message = GatehouseCommand.message(for: error)
        surroundings.fail("\(message)\(message.hasSuffix(".") ? "" : ".") See --help.")
        return .usage
    }
}

/// The root of all commands.
struct GatehouseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "Administers the Gatehouse on this host.",
        discussion: """
            The command talks to the running daemon over its socket, so it works on the host itself only: as root, \
            or as the user that the daemon runs as.

            MACHINE is a machine's name where only one has it, NAME@NODE, its UUID, or UUID@NODE.

            EXIT STATUS
              0  it worked
              1  it was tried and failed
              2  the command line is wrong, or a value in it does not fit
              3  the daemon can not be reached
              4  not permitted
              5  there is no such thing
              6  a conflict, or somebody holds the lock
              7  a deadline has passed, or a node can not be reached
            """,
        subcommands: [
            SetupLink.self, Status.self, UserCommand.self, Grant.self, Revoke.self, NodeCommand.self,
            NetworkCommand.self, MachineCommand.self, PoolCommand.self, VolumeCommand.self, TemplateCommand.self,
            ConsoleCommand.self, JobCommand.self, AlertCommand.self, PluginCommand.self, Audit.self, CallMethod.self,
            BackupCommand.self, RestoreCommand.self, DoctorCommand.self,
        ])
}
