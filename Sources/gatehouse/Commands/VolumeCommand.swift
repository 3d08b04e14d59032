// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse volume`.
struct VolumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "Lists, makes, copies and deletes volumes.",
        subcommands: [List.self, Show.self, Create.self, Delete.self, Clone.self])

    /// The command `gatehouse volume list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the volumes of a pool.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The pool: its name, NAME@NODE, or its number.") var pool: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            .list(
                try await daemon.call("volume.list", ["pool": try await PoolName(pool).number(daemon)]), "volumes",
                [
                    .id, .text("name"), .text("format"), .bytes("size", "capacityBytes"),
                    .bytes("taken", "allocatedBytes"), .text("kind"), .text("in use", "inUse"), .text("path"),
                ], empty: "No volumes.")
        }
    }

    /// The command `gatehouse volume show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a volume, with what uses it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The volume's number.") var volume: Int64

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("volume.show", ["volume": .int(volume)])
            return Finding(result: result, text: VolumeCommand.text(result["volume"]))
        }
    }

    /// The command `gatehouse volume create`.
    struct Create: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an empty volume.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The pool: its name, NAME@NODE, or its number.") var pool: String
        @Argument(help: "The volume's name.") var name: String
        @Option(help: ArgumentHelp("How large, such as 512M, 20G or 1T.", valueName: "size")) var size: ByteSize
        @Option(help: ArgumentHelp("raw, or qcow2 where volumes are files.", valueName: "format")) var format: String?
        @Flag(help: "Take its place in the pool at once.") var preallocated = false

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = [
                "pool": try await PoolName(pool).number(daemon), "name": .string(name),
                "capacityBytes": .int(size.bytes),
            ]
            parameters["format"] = format.map(JSONValue.string)
            if preallocated { parameters["allocation"] = "preallocated" }
            let result = try await daemon.call("volume.create", parameters)
            return Finding(result: result, text: VolumeCommand.text(result["volume"]))
        }
    }

    /// The command `gatehouse volume delete`.
    struct Delete: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a volume with its content; refused while anything uses it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The volume's number.") var volume: Int64

        func ask(_ daemon: Daemon) async throws -> Finding {
            Finding(
                result: try await daemon.call("volume.delete", ["volume": .int(volume)]),
                text: "Volume \(volume) is deleted.\n")
        }
    }

    /// The command `gatehouse volume clone`.
    struct Clone: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copies a volume within its pool.",
            discussion: "What takes over two minutes is better done as a job: see `gatehouse job submit --help`.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The volume's number.") var volume: Int64
        @Argument(help: "The new volume's name.") var name: String
        @Flag(help: "Make one that holds only the differences.") var linked = false

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call(
                "volume.clone", ["volume": .int(volume), "name": .string(name), "linked": .bool(linked)])
            return Finding(result: result, text: VolumeCommand.text(result["volume"]))
        }
    }

    private static func text(_ volume: JSONValue?) -> String {
        Table.fields(
            [
                .text("name"), .text("id"), .text("pool", "poolName"), .text("node"), .text("path"), .text("format"),
                .bytes("size", "capacityBytes"), .bytes("taken", "allocatedBytes"), .text("kind"),
                .text("stands on", "backingPath"), .text("in use", "inUse"), .text("shared"), .text("machines"),
                .text("template"),
            ], of: volume)
    }
}

/// An amount of bytes as people write it: a whole number, with K, M, G or T for powers of 1024.
struct ByteSize: ExpressibleByArgument {
    /// The bytes.
    let bytes: Int64

    /// Reads an amount; nil for anything else, and for what is over 63 bits.
    init?(argument: String) {
        let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let unit = argument.last.flatMap { units[Character($0.uppercased())] }
        guard let number = Int64(unit == nil ? argument : String(argument.dropLast())), number >= 0 else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}
