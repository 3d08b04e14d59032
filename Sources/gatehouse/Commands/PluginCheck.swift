// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONRPC
import Model
import PluginHost

/// The command `gatehouse plugin check`.
struct PluginCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Runs a plugin's folder through all that the contract asks of it, and says what fails.",
        discussion: """
            The daemon is not asked and need not run. The plugin is started a few times, in the sandbox where there is \
            one. There is no core behind it: what it asks is refused or answered with empty lists, nobody can log in, \
            and what it does with that is not judged.
            """)

    @Argument(help: "The plugin's folder.") var folder: String

    @Option(help: ArgumentHelp("config of its row in the plugin table, as JSON.", valueName: "json"))
    var config: String?

    @Flag(help: "Check it without the sandbox.")
    var noSandbox = false

    @Flag(help: "Print one line of JSON for each check, for programs.")
    var json = false

    @Option(help: ArgumentHelp("The program gatehouse-launch; else the one beside this command.", visibility: .hidden))
    var launcher: String?

    func run() async throws {
        let surroundings = Surroundings.current
        var check = PluginCheck(folder: folder, launcher: try launcherPath())
        check.isSandboxed = !noSandbox
        if let config { check.configuration = try Self.value(config) }
        let isJSON = json
        let report = await check.run { line in
            surroundings.out((isJSON ? Self.json(line) : HarmlessText.line(line.text)) + "\n")
        }
        guard !report.hasPassed else {
            if !json { surroundings.out("\(report.summary). There was no core behind it; see --help.\n") }
            return
        }
        if !json, !report.log.isEmpty {
            let end = report.log.suffix(20).map { "  \(HarmlessText.line($0))\n" }
            surroundings.out("The end of its log:\n" + end.joined())
        }
        throw Failure(.failed, "The plugin does not keep to the contract: \(report.summary).")
    }

    private func launcherPath() throws -> String {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        // Beside this command, or where packages put what nobody calls by hand.
        let folders = [own, own.deletingLastPathComponent().appending(path: "libexec/gatehouse")]
        let places = launcher.map { [$0] } ?? folders.map { $0.appending(path: "gatehouse-launch").path }
        guard let found = places.first(where: FileManager.default.isExecutableFile) else {
            throw Failure(
                .failed, "There is no program \(places[0]), with which plugins are started; install gatehouse whole.")
        }
        return found
    }

    private static func value(_ text: String) throws -> JSONValue {
        do {
            return try JSONParser.parse(text)
        } catch let error as GatehouseError {
            throw Failure(.usage, "--config: \(error.message)")
        }
    }

    private static func json(_ line: CheckLine) -> String {
        let (outcome, note) =
            switch line.outcome {
            case .passed(let note): ("passed", note)
            case .failed(let why): ("failed", why)
            case .skipped(let why): ("skipped", why)
            }
        return HarmlessText.json(
            JSONWriter.text(["check": .string(line.name), "outcome": .string(outcome), "note": .string(note)]))
    }
}
