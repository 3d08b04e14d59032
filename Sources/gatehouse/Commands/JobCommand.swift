// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse job`.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Lists, submits, releases and cancels jobs.",
        subcommands: [List.self, Show.self, Submit.self, Release.self, Cancel.self])

    /// The command `gatehouse job list`.
    struct List: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Lists jobs, newest first.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Option(help: ArgumentHelp("Only those in that state, such as executing.", valueName: "word"))
        var status: String?
        @Option(help: ArgumentHelp("Only those of that machine.", valueName: "machine")) var machine: String?
        @Option(help: ArgumentHelp("Only those of that node.", valueName: "name")) var node: String?
        @Flag(help: "Only those that are not finished.") var active = false
        @Flag(help: "Only those that are on hold.") var held = false
        @Option(help: ArgumentHelp("At most that many, 1 to 500.", valueName: "number")) var limit = 50
        @Option(help: ArgumentHelp("Only those older than that one.", valueName: "id")) var before: Int64?

        func ask(_ daemon: Daemon) async throws -> Finding {
            var parameters: [String: JSONValue] = ["limit": .int(Int64(limit))]
            parameters["status"] = status.map(JSONValue.string)
            if let machine { parameters["machine"] = try await MachineName(machine).address(daemon) }
            parameters["node"] = node.map(JSONValue.string)
            if active { parameters["active"] = true }
            if held { parameters["held"] = true }
            parameters["before"] = before.map(JSONValue.int)
            let result = try await daemon.call("job.list", parameters)
            let jobs = result["jobs"]?.arrayValue ?? []
            let columns: [Table.Column] = [
                .init("ID", .right), .init("STATUS"), .init("KIND"), .init("MACHINE"), .init("BY"), .init("CREATED"),
                .init("DONE", .right), .init("MESSAGE"),
            ]
            var text = Table(columns, jobs.map(Self.row)).text(empty: "No jobs.")
            if result["more"]?.boolValue == true, let last = jobs.last?["id"] {
                text += "There are more: --before \(Cell.text(last))\n"
            }
            if jobs.contains(where: { $0["held"]?.boolValue == true }) {
                text += "What is held waits until it is released: `gatehouse job release ID`, or --all.\n"
            }
            if result["scheduler"] == "off" {
                text += "The scheduler is off: what is submitted waits until its plugin is on.\n"
            }
            return Finding(result: result, text: text)
        }

        private static func row(_ job: JSONValue) -> [String] {
            let percent = job["percent"]?.intValue.map { "\($0) %" } ?? Cell.nothing
            return [
                Cell.text(job["id"]), JobText.status(job), Cell.text(job["kind"]), Cell.text(job["machineName"]),
                Cell.text(job["submitter"]), Cell.time(job["createdAt"]), percent,
                Cell.text(job["error"]?.stringValue == nil ? job["message"] : job["error"]),
            ]
        }
    }

    /// The command `gatehouse job show`.
    struct Show: DaemonCommand {
        static let configuration = CommandConfiguration(abstract: "Shows a job and what happened to it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The job's number.") var job: Int64

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("job.get", ["job": .int(job)])
            let events = (result["events"]?.arrayValue ?? []).map { event in
                let words = [event["status"], event["message"]].compactMap { $0?.stringValue }.joined(separator: ": ")
                return HarmlessText.line("\(Cell.time(event["at"]))  \(words)") + "\n"
            }
            let history = events.isEmpty ? "" : "\nWhat happened:\n" + events.joined()
            return Finding(result: result, text: JobText.fields(result["job"]) + history)
        }
    }

    /// The command `gatehouse job submit`.
    struct Submit: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submits a job: any method of the core, done later and under your rights.",
            discussion: "Examples: gatehouse job submit machine.start --machine web; --cron \"0 3 * * *\" repeats it.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The method, such as machine.start.") var kind: String
        @Argument(help: ArgumentHelp("Its parameters as a JSON object.", valueName: "json")) var parameters: String?
        @Option(help: ArgumentHelp("The machine that it is for.", valueName: "machine")) var machine: String?
        @Option(help: ArgumentHelp("The node that it is for.", valueName: "name")) var node: String?
        @Option(help: ArgumentHelp("low, normal, high or immediate.", valueName: "word")) var priority: String?
        @Option(help: ArgumentHelp("Not before, such as 2030-01-31T12:00:00Z.", valueName: "time"))
        var notBefore: String?
        @Option(help: ArgumentHelp("Again and again, as in crontab(5), in UTC.", valueName: "times")) var cron: String?
        @Option(help: ArgumentHelp("Tries at most, 1 to 10.", valueName: "number")) var attempts: Int?
        @Option(help: ArgumentHelp("Jobs that must have completed before.", valueName: "id")) var after: [Int64] = []

        func ask(_ daemon: Daemon) async throws -> Finding {
            var call: [String: JSONValue] = ["kind": .string(kind)]
            if let parameters { call["parameters"] = .object(try CallMethod.object(Array(parameters.utf8))) }
            if let machine { call["machine"] = try await MachineName(machine).address(daemon) }
            call["node"] = node.map(JSONValue.string)
            call["priority"] = priority.map(JSONValue.string)
            call["notBefore"] = notBefore.map(JSONValue.string)
            call["cron"] = cron.map(JSONValue.string)
            call["attempts"] = attempts.map { .int(Int64($0)) }
            if !after.isEmpty { call["dependencies"] = .array(after.map(JSONValue.int)) }
            return JobText.finding(try await daemon.call("job.submit", call))
        }
    }

    /// The command `gatehouse job release`.
    struct Release: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets a job that is on hold go on, or all of them.",
            usage: "gatehouse job release JOB | --all",
            discussion: """
                Jobs that come from a backup are on hold, so that nothing is done by surprise. A cron entry goes on with \
                its next time.
                """)

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The job's number.") var job: Int64?
        @Flag(help: "Every job that is on hold.") var all = false

        func validate() throws {
            guard (job == nil) == all else { throw ValidationError("Name a job, or say --all.") }
        }

        func ask(_ daemon: Daemon) async throws -> Finding {
            let result = try await daemon.call("job.release", job.map { ["job": .int($0)] } ?? ["all": true])
            let jobs = result["jobs"]?.arrayValue ?? []
            let lines = jobs.map { job in
                HarmlessText.line("Job \(Cell.text(job["id"])) is released: \(JobText.status(job)).") + "\n"
            }
            return Finding(result: result, text: lines.isEmpty ? "No job is on hold.\n" : lines.joined())
        }
    }

    /// The command `gatehouse job cancel`.
    struct Cancel: DaemonCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancels a job; one that is being done is asked to end.")

        @OptionGroup var daemonOptions: DaemonOptions
        @Argument(help: "The job's number.") var job: Int64

        func ask(_ daemon: Daemon) async throws -> Finding {
            JobText.finding(try await daemon.call("job.cancel", ["job": .int(job)]))
        }
    }
}
