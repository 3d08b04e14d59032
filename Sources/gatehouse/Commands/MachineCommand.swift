// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse machine`.
struct MachineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Lists, shows, operates, plugs, makes and deletes machines.",
        subcommands: [
            MachineList.self, MachineShow.self, MachineStart.self, MachineShutdown.self, MachinePowerOff.self,
            MachineReboot.self, MachineReset.self, MachinePause.self, MachineResume.self, MachineSave.self,
            MachineAttachInterface.self, MachineDetachInterface.self, MachineAttachDisk.self, MachineDetachDisk.self,
            MachineCreate.self, MachineDelete.self,
        ])
}

/// The command `gatehouse machine list`.
struct MachineList: DaemonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists machines.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Option(help: ArgumentHelp("Only of that node.", valueName: "name")) var node: String?
    @Option(help: ArgumentHelp("Only in that state, such as running or off.", valueName: "state"))
    var state: String?
    @Option(help: ArgumentHelp("Only with that text in name, UUID, node or notes.", valueName: "text"))
    var search: String?

    func ask(_ daemon: Daemon) async throws -> Finding {
        var parameters: [String: JSONValue] = [:]
        parameters["node"] = node.map(JSONValue.string)
        parameters["state"] = state.map(JSONValue.string)
        parameters["search"] = search.map(JSONValue.string)
        let result = try await daemon.call("machine.list", parameters)
        let columns: [Table.Column] = [
            .init("NAME"), .init("NODE"), .init("STATE"), .init("CPUS", .right), .init("MEMORY", .right),
            .init("CONSOLES"), .init("IN USE BY"), .init("ID"),
        ]
        let rows = (result["machines"]?.arrayValue ?? []).map { machine in
            [
                Cell.text(machine["name"]), Cell.text(machine["node"]), Cell.text(machine["state"]),
                Cell.text(machine["vcpus"]), Cell.memory(machine["memoryKiB"]), Cell.text(machine["consoles"]),
                MachineShow.holders(of: machine), Cell.text(machine["id"]),
            ]
        }
        return Finding(result: result, text: Table(columns, rows).text(empty: "No machines."))
    }
}

/// The command `gatehouse machine show`.
struct MachineShow: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows a machine with its disks and interfaces.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String

    func ask(_ daemon: Daemon) async throws -> Finding {
        let address = try await MachineName(machine).address(daemon)
        let result = try await daemon.call("machine.show", ["machine": address])
        return Finding(result: result, text: Self.text(result["machine"] ?? .null))
    }

    /// Who holds consoles of a machine.
    static func holders(of machine: JSONValue) -> String {
        let holders = ["vnc", "text"].compactMap { type in
            machine["locks"]?[type]?.objectValue.map { lock in
                "\(type): \(lock["holder"]?.stringValue ?? "somebody")"
            }
        }
        return holders.isEmpty ? Cell.nothing : holders.joined(separator: ", ")
    }

    private static func text(_ machine: JSONValue) -> String {
        let operation = machine["operation"]?["name"].map {
            "\(Cell.text($0)), by \(Cell.text(machine["operation"]?["by"]))"
        }
        var fields: [(name: String, value: String)] = [
            ("name", Cell.text(machine["name"])), ("id", Cell.text(machine["id"])),
            ("node", Cell.text(machine["node"])), ("state", Cell.text(machine["state"])),
            ("since", Cell.time(machine["since"])), ("under way", operation ?? Cell.nothing),
            ("cpus", Cell.text(machine["vcpus"])), ("memory", Cell.memory(machine["memoryKiB"])),
            ("at most", Cell.memory(machine["maxMemoryKiB"])), ("consoles", Cell.text(machine["consoles"])),
            ("in use by", holders(of: machine)), ("type", Cell.text(machine["osType"])),
            ("starts by itself", Cell.text(machine["autostart"])), ("lasting", Cell.text(machine["persistent"])),
            ("notes", Cell.text(machine["notes"])),
        ]
        for disk in machine["disks"]?.arrayValue ?? [] {
            let parts = [disk["device"], disk["bus"], disk["format"], disk["source"]].compactMap { $0?.stringValue }
            fields.append(("disk \(HarmlessText.line(Cell.text(disk["target"])))", parts.joined(separator: " ")))
        }
        for interface in machine["interfaces"]?.arrayValue ?? [] {
            let parts = [interface["mac"], interface["model"], interface["type"], interface["source"]]
            fields.append(("interface", parts.compactMap { $0?.stringValue }.joined(separator: " ")))
        }
        return Table.fields(fields)
    }
}
