// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse machine attach-disk`.
struct MachineAttachDisk: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach-disk", abstract: "Gives a machine a volume as a disk, at once where it runs.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
    @Argument(help: "The volume's number.") var volume: Int64?
    @Option(help: ArgumentHelp("In place of a volume, a path on the machine's node.", valueName: "path"))
    var path: String?
    @Option(help: ArgumentHelp("What the path is an image of: raw or qcow2.", valueName: "format"))
    var format: String?
    @Option(help: ArgumentHelp("Its name in the guest, such as vdb; one that is free if left out.", valueName: "name"))
    var target: String?
    @Option(help: ArgumentHelp("virtio, scsi, sata or ide; virtio if left out.", valueName: "bus")) var bus: String?
    @Flag(help: "Let the guest only read it.") var readOnly = false
    @Flag(help: "Let other machines write to it too; raw volumes only.") var shareable = false

    func ask(_ daemon: Daemon) async throws -> Finding {
        var parameters = ["machine": try await MachineName(machine).address(daemon)]
        parameters["volume"] = volume.map(JSONValue.int)
        for (name, value) in [("path", path), ("format", format), ("target", target), ("bus", bus)] {
            parameters[name] = value.map(JSONValue.string)
        }
        if readOnly { parameters["readOnly"] = true }
        if shareable { parameters["shareable"] = true }
        let result = try await daemon.call("machine.attachDisk", parameters)
        let line = "\(Cell.text(result["machine"]?["name"])) has disk \(Cell.text(result["target"]))"
        return Finding(
            result: result,
            text: HarmlessText.line(line + (result["pending"] == true ? " from its next start on." : ".")) + "\n")
    }
}

/// The command `gatehouse machine detach-disk`.
struct MachineDetachDisk: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach-disk", abstract: "Takes a disk from a machine; its volume stays as it is.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
    @Argument(help: "The disk's name in the guest, such as vdb.") var target: String

    func ask(_ daemon: Daemon) async throws -> Finding {
        let address = try await MachineName(machine).address(daemon)
        let result = try await daemon.call("machine.detachDisk", ["machine": address, "target": .string(target)])
        let name = Cell.text(result["machine"]?["name"])
        let line =
            result["pending"] == true
            ? "\(name) loses disk \(target) when its guest lets go of it, or at its next start."
            : "\(name) has disk \(target) no longer."
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }
}
