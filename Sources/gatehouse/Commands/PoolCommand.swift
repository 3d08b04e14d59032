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
            let pools = try await PoolName.pools(daemon, node: node)
            let columns: [Table.Column] = [
                .init("ID", .right), .init("NAME"), .init("NODE"), .init("KIND"), .init("ACTIVE"),
                .init("SIZE", .right), .init("FREE", .right), .init("PATH"),
            ]
            let rows = pools.map { pool in
                [
                    Cell.text(pool["id"]), Cell.text(pool["name"]), Cell.text(pool["node"]),
                    Cell.text(pool["mechanism"]), Cell.text(pool["active"]), Cell.bytes(pool["capacityBytes"]),
                    Cell.bytes(pool["availableBytes"]), Cell.text(pool["path"]),
                ]
            }
            return Finding(
                result: ["pools": .array(pools)], text: Table(columns, rows).text(empty: "No storage pools."))
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
        Table.fields([
            ("name", Cell.text(pool?["name"])), ("id", Cell.text(pool?["id"])), ("node", Cell.text(pool?["node"])),
            ("kind", Cell.text(pool?["mechanism"])), ("path", Cell.text(pool?["path"])),
            ("active", Cell.text(pool?["active"])), ("size", Cell.bytes(pool?["capacityBytes"])),
            ("taken", Cell.bytes(pool?["allocatedBytes"])), ("free", Cell.bytes(pool?["availableBytes"])),
            ("takes new volumes", Cell.text(pool?["allowsNewVolumes"])),
        ])
    }
}

/// A pool as people write it: by its number, or by its name where only one has it.
struct PoolName {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The pool's number for the daemon; asks it only where a name was given.
    func number(_ daemon: Daemon) async throws -> JSONValue {
        if let number = Int64(text) { return .int(number) }
        return try NamedThing(text, noun: "pool").number(among: try await Self.pools(daemon, node: nil))
    }

    /// The pools of a node, or of every node that can be asked.
    static func pools(_ daemon: Daemon, node: String?) async throws -> [JSONValue] {
        if let node {
            return try await daemon.call("pool.list", ["node": .string(node)])["pools"]?.arrayValue ?? []
        }
        var pools: [JSONValue] = []
        for node in try await daemon.call("node.list")["nodes"]?.arrayValue ?? []
        where node["kind"] == "libvirt" && node["state"] == "online" {
            pools += try await daemon.call("pool.list", ["node": node["name"] ?? .null])["pools"]?.arrayValue ?? []
        }
        return pools
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
