// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// On what a right is given.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("On that machine.", valueName: "machine"))
    var machine: String?

    @Option(help: ArgumentHelp("On every machine of that node.", valueName: "node"))
    var node: String?

    func validate() throws {
        guard (machine == nil) != (node == nil) else {
            throw ValidationError("Name either --machine or --node.")
        }
    }

    /// The parameter that says so to the daemon.
    func parameters(_ daemon: Daemon) async throws -> [String: JSONValue] {
        if let machine { return ["machine": try await MachineName(machine).address(daemon)] }
        return ["node": .optional(node)]
    }
}

/// The command `gatehouse grant`.
struct Grant: DaemonCommand {
    static let levels = ["maintenance", "owner", "admin", "readOnlyAdmin"]

    static let configuration = CommandConfiguration(
        abstract: "Gives a user or a group a level on a machine or a node, in place of an earlier one.",
        usage: """
            gatehouse grant NAME --machine MACHINE LEVEL
            gatehouse grant NAME --node NODE LEVEL
            gatehouse grant --group GROUP --machine MACHINE LEVEL
            gatehouse grant --group GROUP --node NODE LEVEL
            """,
        discussion: """
            LEVEL is readOnlyAdmin (may look), admin (may operate and open consoles), owner (may also give rights) \
            or maintenance.
            """)

    @OptionGroup var daemonOptions: DaemonOptions
    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("Give it to that group.", valueName: "group"))
    var group: String?

    @Argument(help: ArgumentHelp("The user, unless --group names a group, and the level.", valueName: "name-and-level"))
    var words: [String]

    func validate() throws {
        guard words.count == (group == nil ? 2 : 1) else {
            throw ValidationError("Name a user and a level, or --group and a level.")
        }
        guard let level = words.last, Self.levels.contains(level) else {
            throw ValidationError("The level is one of \(Self.levels.joined(separator: ", ")).")
        }
    }

    func ask(_ daemon: Daemon) async throws -> Finding {
        let level = words.last ?? ""
        var parameters = try await target.parameters(daemon)
        parameters["level"] = .string(level)
        if let group {
            parameters["group"] = .string(group)
        } else {
            parameters["user"] = .optional(words.first)
        }
        let result = try await daemon.call("privilege.grant", parameters)
        let who = group ?? words.first ?? ""
        let what = target.machine ?? target.node ?? ""
        return Finding(result: result, text: HarmlessText.line("\(who) has the level \(level) on \(what).") + "\n")
    }
}

/// The command `gatehouse revoke`.
struct Revoke: DaemonCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a user's or a group's right on a machine or a node back.",
        usage: """
            gatehouse revoke NAME --machine MACHINE
            gatehouse revoke NAME --node NODE
            gatehouse revoke --group GROUP --machine MACHINE
            gatehouse revoke --group GROUP --node NODE
            """)

    @OptionGroup var daemonOptions: DaemonOptions
    @OptionGroup var target: TargetOptions

    @Option(help: ArgumentHelp("Take it from that group.", valueName: "group"))
    var group: String?

    @Argument(help: "The user, unless --group names a group.")
    var name: String?

    func validate() throws {
        guard (name == nil) != (group == nil) else { throw ValidationError("Name either a user or --group.") }
    }

    func ask(_ daemon: Daemon) async throws -> Finding {
        var parameters = try await target.parameters(daemon)
        parameters["user"] = name.map(JSONValue.string)
        parameters["group"] = group.map(JSONValue.string)
        let found = try await daemon.call("privilege.list", parameters)["privileges"]?.arrayValue ?? []
        let who = name ?? group ?? ""
        let what = target.machine ?? target.node ?? ""
        guard let privilege = found.first?["id"] else {
            throw Failure(.notFound, "\(who) has no right of its own on \(what).")
        }
        let result = try await daemon.call("privilege.revoke", ["privilege": privilege])
        return Finding(result: result, text: HarmlessText.line("\(who) has lost its right on \(what).") + "\n")
    }
}
