// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse pool`.
struct PoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pool", abstract: "Lists and shows storage pools.",
        subcommands: [List.self, Show.self, Refresh.self])

    /// The command `gatehouse pool list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists storage pools.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Option(help: ArgumentHelp("Only of that node; else of every node.", valueName: "name")) var node: String?

        func ask(_ daemon: Daemon) async throws -> Finding {
            .list(
                try await daemon.list("pool.list", "pools", node: node), "pools",
                [
                    .id, .text("name"), .text("node"), .text("kind", "mechanism"), .text("active"),
                    .bytes("size", "capacityBytes"), .bytes("free", "availableBytes"), .text("path"),
                ], empty: "No storage pools.")
        }
    }

    /// The command `gatehouse pool show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a storage pool.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The pool: its name, NAME@NODE, or its number.") var pool: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("pool.show", ["pool": try await PoolName(pool).number(daemon)])
            return Finding(result: result, text: PoolCommand.text(result["pool"]))
        }
    }

    /// The command `gatehouse pool refresh`.
    struct Refresh: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has a pool look for volumes that came or went without it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The pool: its name, NAME@NODE, or its number.") var pool: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("pool.refresh", ["pool": try await PoolName(pool).number(daemon)])
            return Finding(result: result, text: PoolCommand.text(result["pool"]))
        }
    }

    private static func text(_ pool: JSONValue?) -> String {
        Table.fields(
            [
                .text("name"), .text("id"), .text("node"), .text("kind", "mechanism"), .text("path"), .text("active"),
                .bytes("size", "capacityBytes"), .bytes("taken", "allocatedBytes"), .bytes("free", "availableBytes"),
                .text("takes new volumes", "allowsNewVolumes"),
            ], of: pool)
    }
}

/// A pool as people write it: by its number, or by its name where only one has it.
struct PoolName {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The pool's number for the daemon; asks it only where a name was given.
    func number(_ daemon: Daemon) async throws -> JSONValue {
        if let number = Int64(text) { return .int(number) }
        let pools = try await daemon.list("pool.list", "pools", node: nil)["pools"]?.arrayValue ?? []
        return try NamedThing(text, noun: "pool").number(among: pools)
    }
}

/// Something with a number, a name and a node, as people write it.
struct NamedThing {
    private let text: String
    private let noun: String

    init(_ text: String, noun: String) {
        self.text = text
        self.noun = noun
    }

    /// The number of the one thing that the text stands for: by its name, or by `name@node`.
    func number(among things: [JSONValue]) throws -> JSONValue {
        let found = things.filter { thing in
            guard let name = thing["name"]?.stringValue else { return false }
            return name == text || thing["node"]?.stringValue.map { "\(name)@\($0)" } == text
        }
        guard let number = found.first?["id"] else {
            throw Failure(.notFound, "There is no \(noun) of that name: \(text)")
        }
        guard found.count == 1 else {
            let numbers = found.map { "\(Cell.text($0["id"])) on \(Cell.text($0["node"]))" }
            throw Failure(
                .usage,
                "There is more than one \(noun) called \(text); name it by its number: "
                    + numbers.joined(separator: ", "))
        }
        return number
    }
}
