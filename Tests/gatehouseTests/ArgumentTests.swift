// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model
import Testing

@testable import gatehouse

@Suite struct ArgumentTests {
    @Test(arguments: [
        ["user", "add"], ["nonsense"], ["machine", "start"], ["grant", "a", "admin"], ["grant", "a", "--node", "n"],
        ["grant", "a", "--node", "n", "--machine", "m", "admin"], ["grant", "a", "--node", "n", "superUser"],
        ["grant", "--group", "g", "--node", "n", "a", "admin"], ["revoke", "--node", "n"],
        ["revoke", "a", "--group", "g", "--node", "n"], ["console", "disconnect", "m", "serial"],
        ["audit", "--limit", "x"],
        ["status", "--nonsense"], ["user", "add", "x", "--password", "secret"],
        ["backup"], ["backup", "f", "--passphrase", "secret"], ["restore"], ["job", "release"],
        ["backup", "f", "--passphrase-stdin", "--passphrase-file", "p"], ["job", "release", "1", "--all"],
        ["volume", "create", "p", "v"], ["volume", "create", "p", "v", "--size", "1X"], ["volume", "delete", "name"],
        ["machine", "create", "m"], ["template", "create", "m"],
    ])
    func `a wrong command line ends with 2 and one line`(arguments: [String]) async {
        let outcome = await Outcome.of(arguments)
        #expect(outcome.status == .usage)
        #expect(outcome.out == "")
        #expect(outcome.error.hasPrefix("gatehouse: "))
        #expect(outcome.error.split(separator: "\n").count == 1)
    }

    @Test(arguments: [
        ["--help"], ["help"], [], ["user"], ["machine", "start", "--help"], ["help", "grant"], ["console", "--help"],
    ])
    func `help ends with 0 and goes to standard output`(arguments: [String]) async {
        let outcome = await Outcome.of(arguments)
        #expect(outcome.status == .ok)
        #expect(outcome.out.contains("USAGE:"))
        #expect(outcome.error == "")
    }

    @Test func `the help tells what each exit status means`() async {
        let help = await Outcome.of(["--help"]).out
        for status in 0...7 { #expect(help.contains("\n  \(status)  ")) }
    }

    @Test func `every command takes --json and --socket`() async {
        let commands = [
            ["setup-link"], ["status"], ["user", "add"], ["user", "list"], ["user", "passwd"], ["user", "remove"],
            ["user", "enable"], ["user", "disable"], ["grant"], ["revoke"], ["node", "list"], ["node", "enable"],
            ["node", "disable"], ["machine", "list"], ["machine", "show"], ["machine", "start"],
            ["machine", "shutdown"], ["machine", "poweroff"], ["machine", "reboot"], ["machine", "reset"],
            ["machine", "pause"], ["machine", "resume"], ["machine", "save"], ["console", "list"],
            ["console", "disconnect"], ["call"], ["audit"], ["backup"], ["doctor"], ["job", "list"],
            ["job", "release"], ["pool", "list"], ["pool", "show"], ["volume", "list"], ["volume", "create"],
            ["volume", "clone"], ["template", "list"], ["template", "create"], ["machine", "create"],
            ["machine", "delete"],
        ]
        for command in commands {
            let help = await Outcome.of(command + ["--help"]).out
            #expect(help.contains("--json") && help.contains("--socket"), "\(command)")
        }
    }

    @Test func `every machine operation has a command`() {
        let commands = MachineCommand.configuration.subcommands.compactMap { $0 as? any MachineOperationCommand.Type }
        #expect(Set(commands.map { $0.operation }) == Set(MachineOperation.allCases))
    }

    @Test func `the option wins over the environment, and that over the standard place`() async throws {
        let given = await Outcome.of(
            ["status", "--socket", "/nowhere/a"], environment: ["GATEHOUSE_SOCKET": "/nowhere/b"])
        #expect(given.error.contains("/nowhere/a"))
        let named = await Outcome.of(["status"], environment: ["GATEHOUSE_SOCKET": "/nowhere/b"])
        #expect(named.error.contains("/nowhere/b"))
        let empty = try DaemonOptions.parse([])
        #expect(Surroundings.$current.withValue(.nowhere) { empty.path } == "/run/gatehouse/gatehouse.sock")
    }
}

extension Surroundings {
    /// Surroundings without anything.
    static let nowhere = Surroundings(
        environment: ["GATEHOUSE_SOCKET": ""], isRoot: true, out: { _ in }, error: { _ in }, input: { _ in [] },
        hiddenLine: { _ in nil })
}
