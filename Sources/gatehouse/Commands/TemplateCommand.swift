// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse template`.
struct TemplateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Lists, makes and deletes templates of machines.",
        subcommands: [List.self, Show.self, Create.self, Delete.self])

    /// The command `gatehouse template list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists templates.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Option(help: ArgumentHelp("Only of that node.", valueName: "name")) var node: String?

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = [:]
            parameters["node"] = node.map(JSONValue.string)
            return .list(
                try await daemon.call("template.list", parameters), "templates",
                [
                    .id, .text("name"), .text("node"), .text("type"), .text("cpus", "vcpus", .right),
                    .memory("memory", "memoryKiB"),
                    Field(name: "disks", side: .right) { String($0["volumes"]?.arrayValue?.count ?? 0) },
                    .text("description"),
                ], empty: "No templates.")
        }
    }

    /// The command `gatehouse template show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a template.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The template: its name, NAME@NODE, or its number.") var template: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let number = try await TemplateName(template).number(daemon)
            let result = try await daemon.call("template.show", ["template": number])
            return Finding(result: result, text: TemplateCommand.text(result["template"]))
        }
    }

    /// The command `gatehouse template create`.
    struct Create: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a template of a machine that is off, with copies of its disks.",
            discussion: "What takes over two minutes is better done as a job: see `gatehouse job submit --help`.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The machine.") var machine: String
        @Argument(help: "The template's name.") var name: String
        @Option(help: ArgumentHelp("What it is for.", valueName: "text")) var description = ""

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call(
                "template.create",
                [
                    "machine": try await MachineName(machine).address(daemon), "name": .string(name),
                    "description": .string(description),
                ])
            return Finding(result: result, text: TemplateCommand.text(result["template"]))
        }
    }

    /// The command `gatehouse template delete`.
    struct Delete: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a template with its volumes; refused while a machine stands on them.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The template: its name, NAME@NODE, or its number.") var template: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let number = try await TemplateName(template).number(daemon)
            return Finding(
                result: try await daemon.call("template.delete", ["template": number]),
                text: HarmlessText.line("Template \(template) is deleted.") + "\n")
        }
    }

    private static func text(_ template: JSONValue?) -> String {
        var fields: [Field] = [
            .text("name"), .text("id"), .text("node"), .text("type"), .text("architecture"), .text("cpus", "vcpus"),
            .memory("memory", "memoryKiB"), Field(name: "made") { Cell.time($0["createdAt"]) }, .text("description"),
        ]
        for volume in template?["volumes"]?.arrayValue ?? [] {
            let words = [
                Cell.text(volume["format"]), Cell.bytes(volume["capacityBytes"]), Cell.text(volume["path"]),
            ].joined(separator: " ")
            fields.append(Field(name: "disk \(HarmlessText.line(Cell.text(volume["target"])))") { _ in words })
        }
        return Table.fields(fields, of: template)
    }
}

/// A template as people write it: by its number, or by its name where only one has it.
struct TemplateName {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The template's number for the daemon; asks it only where a name was given.
    func number(_ daemon: Daemon) async throws -> JSONValue {
        if let number = Int64(text) { return .int(number) }
        let templates = try await daemon.call("template.list")["templates"]?.arrayValue ?? []
        return try NamedThing(text, noun: "template").number(among: templates)
    }
}

/// The command `gatehouse machine create`.
struct MachineCreate: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes a machine after a template, and does not start it.",
        discussion: "What takes over two minutes is better done as a job: see `gatehouse job submit --help`.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Option(help: ArgumentHelp("The template: its name, NAME@NODE, or its number.", valueName: "template"))
    var template: String
    @Argument(help: "The machine's name.") var name: String
    @Flag(help: "Let its disks hold only the differences from the template's.") var linked = false

    func ask(_ daemon: Daemon) async throws -> Finding {
        let result = try await daemon.call(
            "machine.create",
            [
                "template": try await TemplateName(template).number(daemon), "name": .string(name),
                "linked": .bool(linked),
            ])
        let machine = result["machine"]
        let line =
            "\(Cell.text(machine?["name"])) is made on \(Cell.text(machine?["node"])): \(Cell.text(machine?["id"]))"
        return Finding(result: result, text: HarmlessText.line(line) + "\n")
    }
}

/// The command `gatehouse machine delete`.
struct MachineDelete: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Deletes a machine that is off, for good.")

    @OptionGroup var daemonOptions: DaemonOptions
    @Argument(help: "The machine.") var machine: String
    @Flag(help: "Delete its disks' volumes too, where nothing else uses them.") var volumes = false

    func ask(_ daemon: Daemon) async throws -> Finding {
        let address = try await MachineName(machine).address(daemon)
        let result = try await daemon.call("machine.delete", ["machine": address, "volumes": .bool(volumes)])
        var lines = ["\(machine) is deleted."]
        for (key, words) in [("deletedVolumes", "is deleted"), ("keptVolumes", "was kept")] {
            for volume in result[key]?.arrayValue ?? [] {
                lines.append("Volume \(Cell.text(volume["name"])) of \(Cell.text(volume["pool"])) \(words).")
            }
        }
        return Finding(result: result, text: lines.map { HarmlessText.line($0) + "\n" }.joined())
    }
}
