// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse user`.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Makes, lists and changes users.",
        subcommands: [Add.self, List.self, SetPassword.self, Remove.self, Enable.self, Disable.self])

    /// The command `gatehouse user add`.
    struct Add: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a user.",
            discussion: "Such a user may do nothing until it is given rights: see `gatehouse grant`.")

        @OptionGroup var daemonOptions: DaemonOptions
        @OptionGroup var password: PasswordOptions
        @Argument(help: "The login name.") var name: String
        @Flag(help: "The user may do everything.") var superuser = false
        @Option(help: ArgumentHelp("The name people call it by.", valueName: "text")) var givenName: String?
        @Option(help: ArgumentHelp("Where mail reaches it.", valueName: "address")) var email: String?
        @Option(help: ArgumentHelp("What is to be remembered of the user.", valueName: "text")) var notes: String?

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["name": .string(name), "password": .string(try password.read())]
            if superuser { parameters["level"] = "superUser" }
            parameters["givenName"] = givenName.map(JSONValue.string)
            parameters["email"] = email.map(JSONValue.string)
            parameters["notes"] = notes.map(JSONValue.string)
            let result = try await daemon.call("user.create", parameters)
            return Finding(result: result, text: "User \(HarmlessText.line(name)) was made.\n")
        }
    }

    /// The command `gatehouse user list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists every user.")

        @OptionGroup var daemonOptions: DaemonOptions

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("user.list")
            let columns: [Table.Column] = [
                .init("NAME"), .init("LEVEL"), .init("ACTIVE"), .init("GIVEN NAME"), .init("EMAIL"), .init("GROUPS"),
                .init("LAST LOGIN"),
            ]
            let rows = (result["users"]?.arrayValue ?? []).map { user in
                [
                    Cell.text(user["name"]), Cell.text(user["level"]), Cell.text(user["active"]),
                    Cell.text(user["givenName"]), Cell.text(user["email"]), Cell.text(user["groups"]),
                    Cell.time(user["lastLoginAt"]),
                ]
            }
            return Finding(
                result: result,
                text: Table(columns, rows).text(empty: "No users. Make the first one with `gatehouse setup-link`."))
        }
    }

    /// The command `gatehouse user passwd`.
    struct SetPassword: DaemonCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Replaces a user's password and ends its sessions.")

        @OptionGroup var daemonOptions: DaemonOptions
        @OptionGroup var password: PasswordOptions
        @Argument(help: "The login name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call(
                "user.setPassword", ["user": .string(name), "password": .string(try password.read())])
            return Finding(result: result, text: "The password of \(HarmlessText.line(name)) was replaced.\n")
        }
    }

    /// The command `gatehouse user remove`.
    struct Remove: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a user with its rights, sessions and consoles.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The login name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("user.remove", ["user": .string(name)])
            return Finding(result: result, text: "User \(HarmlessText.line(name)) was removed.\n")
        }
    }

    /// The command `gatehouse user enable`.
    struct Enable: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a user log in again.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The login name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("user.modify", ["user": .string(name), "active": true])
            return Finding(result: result, text: "User \(HarmlessText.line(name)) may log in.\n")
        }
    }

    /// The command `gatehouse user disable`.
    struct Disable: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a user's sessions and lets it log in no more.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The login name.") var name: String

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("user.modify", ["user": .string(name), "active": false])
            return Finding(result: result, text: "User \(HarmlessText.line(name)) may not log in any more.\n")
        }
    }
}
