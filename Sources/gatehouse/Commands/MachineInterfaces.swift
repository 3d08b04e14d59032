// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse machine attach-interface`.
struct MachineAttachInterface: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach-interface", abstract: "Gives a machine an interface, at once where it runs.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
    @Argument(help: "A network of the machine's node; its default one if left out.") var network: String?
    @Option(help: ArgumentHelp("The emulated card, such as virtio or e1000.", valueName: "name")) var model: String?
    @Option(help: ArgumentHelp("Its MAC address; one that is free if left out.", valueName: "address"))
    var mac: String?

    func ask(_ daemon: Daemon) async throws -> Finding {
        var parameters = ["machine": try await MachineName(machine).address(daemon)]
        parameters["network"] = network.map(JSONValue.string)
        parameters["model"] = model.map(JSONValue.string)
        parameters["mac"] = mac.map(JSONValue.string)
        let result = try await daemon.call("machine.attachInterface", parameters)
        let line = "\(Cell.text(result["machine"]?["name"])) has interface \(Cell.text(result["mac"]))."
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }
}

/// The command `gatehouse machine detach-interface`.
struct MachineDetachInterface: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach-interface", abstract: "Takes an interface from a machine.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
    @Argument(help: "The interface: its MAC address, or its device on the node, such as vnet0.") var interface: String

    func ask(_ daemon: Daemon) async throws -> Finding {
        let address = try await MachineName(machine).address(daemon)
        let result = try await daemon.call(
            "machine.detachInterface", ["machine": address, "interface": .string(interface)])
        let name = Cell.text(result["machine"]?["name"])
        let line =
            result["pending"] == true
            ? "\(name) loses interface \(interface) when its guest lets go of it, or at its next start."
            : "\(name) has interface \(interface) no longer."
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }
}
