// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONRPC
import Model
import NIOCore

/// What one look at the appliance found.
struct DoctorLine: Sendable, Equatable {
    /// How it is.
    enum Outcome: String, Sendable {
        case ok
        /// It works, and will not for long, or not for everybody.
        case warning
        /// It does not work.
        case wrong
        /// It could not be looked at.
        case skipped
    }

    /// What was looked at, in a word.
    let subject: String
    let outcome: Outcome
    /// What was found, in a sentence.
    let finding: String
    /// What to do about it, in a sentence; nil where there is nothing to do.
    let mend: String?

    static func ok(_ subject: String, _ finding: String) -> DoctorLine {
        DoctorLine(subject: subject, outcome: .ok, finding: finding, mend: nil)
    }

    static func warning(_ subject: String, _ finding: String, mend: String) -> DoctorLine {
        DoctorLine(subject: subject, outcome: .warning, finding: finding, mend: mend)
    }

    static func wrong(_ subject: String, _ finding: String, mend: String) -> DoctorLine {
        DoctorLine(subject: subject, outcome: .wrong, finding: finding, mend: mend)
    }

    static func skipped(_ subject: String, _ why: String) -> DoctorLine {
        DoctorLine(subject: subject, outcome: .skipped, finding: why, mend: nil)
    }

    /// The line for people; the mend beneath it.
    var text: String {
        let word = outcome.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
        let head = HarmlessText.line("\(word) \(subject): \(finding)") + "\n"
        return head + (mend.map { HarmlessText.line("         mend: \($0)") + "\n" } ?? "")
    }

    var json: JSONValue {
        [
            "subject": .string(subject), "outcome": .string(outcome.rawValue), "finding": .string(finding),
            "mend": .optional(mend),
        ]
    }
}

/// The command `gatehouse doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at everything that this appliance needs, and says how to mend what is wrong.",
        discussion: """
            It changes nothing, and works whether the daemon runs or not; some things can only be told while it runs. Run \
            it as root: others may not look everywhere. The exit status is 0 where nothing is wrong, warnings aside, and \
            1 where something is.
            """)

    @OptionGroup var daemonOptions: DaemonOptions
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file")) var config: String?

    func run() async throws {
        let lines = await examine()
        let wrong = lines.count { $0.outcome == .wrong }
        let warnings = lines.count { $0.outcome == .warning }
        let surroundings = Surroundings.current
        if daemonOptions.json {
            let result: JSONValue = ["ok": .bool(wrong == 0), "findings": .array(lines.map(\.json))]
            surroundings.out(HarmlessText.json(JSONWriter.text(result)) + "\n")
        } else {
            let summary = wrong == 0 ? "Nothing is wrong" : "\(wrong) wrong"
            let rest = warnings == 0 ? "" : ", \(warnings) to keep in mind"
            surroundings.out(lines.map(\.text).joined() + "\n\(summary)\(rest).\n")
        }
        guard wrong == 0 else { throw Failure(.failed, "Something is wrong with this appliance: see the mends above.") }
    }

    private func examine() async -> [DoctorLine] {
        let running = await RunningDaemon.ask(daemonOptions.path)
        let configuration: DaemonConfiguration
        do {
            configuration = try DaemonConfiguration.read(config)
        } catch {
            let words = (error as? Failure)?.message ?? "\(error)"
            return [
                .wrong("configuration", words, mend: "Correct what is named, then run `gatehouse doctor` again.")
            ]
        }
        let place = configuration.path ?? "no file, so the defaults hold"
        var lines: [DoctorLine] = [.ok("configuration", place), running.line]
        lines += await PortCheck(configuration, isRunning: running.isRunning).lines()
        lines += CertificateCheck(configuration).lines()
        lines += PlaceCheck(configuration).lines()
        lines += ClockCheck(configuration).lines()
        lines += LibvirtCheck(configuration, nodes: running.nodes).lines()
        lines += await PluginCheckup(running).lines()
        return lines
    }
}

/// What the daemon tells of itself, where it runs.
struct RunningDaemon: Sendable {
    let line: DoctorLine
    /// The nodes; nil where it does not run.
    var nodes: [JSONValue]?
    /// The answer of `plugin.list`; nil where it does not run.
    var plugins: JSONValue?
    var isRunning: Bool { nodes != nil }

    /// Asks it.
    static func ask(_ socket: String) async -> RunningDaemon {
        var limits = Daemon.Limits()
        limits.answer = .seconds(15)
        do {
            let answers = try await Daemon.connected(to: socket, limits: limits) { daemon in
                let status = try await daemon.call("system.status")
                return (status, try await daemon.call("node.list"), try await daemon.call("plugin.list"))
            }
            let version = Cell.text(answers.0["version"])
            let since = Cell.duration(answers.0["uptimeSeconds"])
            var found = RunningDaemon(line: .ok("daemon", "Gatehouse \(version) runs, for \(since)."))
            found.nodes = answers.1["nodes"]?.arrayValue ?? []
            found.plugins = answers.2
            return found
        } catch let failure as Failure where failure.status == .unreachable {
            return RunningDaemon(line: .skipped("daemon", "It does not run; what only it can tell is left out."))
        } catch {
            let words = (error as? Failure)?.message ?? "\(error)"
            return RunningDaemon(
                line: .wrong(
                    "daemon", "It does not answer: \(words)", mend: "Look at its log: journalctl -u gatehouse."))
        }
    }
}
