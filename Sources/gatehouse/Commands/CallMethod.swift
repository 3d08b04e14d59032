// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONRPC
import Model

/// The command `gatehouse call`.
struct CallMethod: DaemonCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls any method and prints its result as JSON.",
        discussion: """
            `gatehouse call api.describe` lists the methods. Parameters that hold a secret belong on standard input: \
            other users of the host can read the arguments.
            """)

    /// The most that is read from standard input.
    private static let maximumInput = 4 << 20

    @OptionGroup var daemonOptions: DaemonOptions

    @Argument(help: "The method, such as machine.list.")
    var method: String

    @Argument(help: ArgumentHelp("The parameters as a JSON object, or - to read them.", valueName: "json"))
    var parameters: String?

    func ask(_ daemon: Daemon) async throws -> Finding {
        let result = try await daemon.call(method, try Self.object(try text()))
        return Finding(result: result, text: HarmlessText.json(JSONWriter.text(result)) + "\n")
    }

    private func text() throws -> [UInt8] {
        switch parameters {
        case nil: Array("{}".utf8)
        case "-": try Surroundings.current.input(Self.maximumInput)
        case let text?: Array(text.utf8)
        }
    }

    /// The members of a JSON object.
    static func object(_ bytes: [UInt8]) throws -> [String: JSONValue] {
        do {
            if let members = try JSONParser.parse(bytes).objectValue { return members }
        } catch let error as GatehouseError {
            throw Failure(.usage, "The parameters are no JSON: \(error.message)")
        }
        throw Failure(.usage, "The parameters must be a JSON object, such as {\"machine\": \"...\"}.")
    }
}
