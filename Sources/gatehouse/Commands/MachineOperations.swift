// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// A command that does one thing to one machine.
protocol MachineOperationCommand: DaemonCommand {
    /// What it does.
    static var operation: MachineOperation { get }
    /// The machine as it was written.
    var machine: String { get }
}

extension MachineOperationCommand {
    /// Asks the daemon to do it.
    func ask(_ daemon: Daemon) async throws -> Finding {
        let address = try await MachineName(machine).address(daemon)
        let result = try await daemon.call("machine.\(Self.operation.rawValue)", ["machine": address])
        let line = "\(Cell.text(result["machine"]?["name"])) is \(Cell.text(result["machine"]?["state"]))."
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }
}

/// The command `gatehouse machine start`.
struct MachineStart: MachineOperationCommand {
    static let operation = MachineOperation.start
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Starts a machine, from its saved image where it has one.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine shutdown`.
struct MachineShutdown: MachineOperationCommand {
    static let operation = MachineOperation.shutdown
    static let configuration = CommandConfiguration(
        commandName: "shutdown", abstract: "Asks the guest to shut down (ACPI).")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine poweroff`.
struct MachinePowerOff: MachineOperationCommand {
    static let operation = MachineOperation.powerOff
    static let configuration = CommandConfiguration(
        commandName: "poweroff", abstract: "Cuts the power; what the guest has not written is lost.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine reboot`.
struct MachineReboot: MachineOperationCommand {
    static let operation = MachineOperation.reboot
    static let configuration = CommandConfiguration(
        commandName: "reboot", abstract: "Asks the guest to reboot.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine reset`.
struct MachineReset: MachineOperationCommand {
    static let operation = MachineOperation.reset
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Presses the reset button; what the guest has not written is lost.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine pause`.
struct MachinePause: MachineOperationCommand {
    static let operation = MachineOperation.pause
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stops the guest's processors.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine resume`.
struct MachineResume: MachineOperationCommand {
    static let operation = MachineOperation.resume
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets a paused guest go on.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}

/// The command `gatehouse machine save`.
struct MachineSave: MachineOperationCommand {
    static let operation = MachineOperation.save
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Saves the guest's memory to the node's disk and stops it.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
}
