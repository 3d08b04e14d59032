// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import TestSupport
import Testing

/// Backup, restore and doctor, against the built daemon.
@Suite struct BackupTests {
    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    private func run(_ gateway: Gateway, _ arguments: String..., input: String? = nil) async throws -> Finished {
        let done = try await Finished.run(
            Programs.command, arguments + ["--config", gateway.configurationPath],
            environment: ["GATEHOUSE_SOCKET": gateway.socketPath], input: input, within: .seconds(60))
        return done
    }

    private func json(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    /// Keeps a passphrase where only its owner can read it.
    private func passphrase(_ text: String, _ gateway: Gateway) throws -> String {
        let path = gateway.directory.file("passphrase-\(UUID().uuidString.prefix(4))")
        _ = FileManager.default.createFile(
            atPath: path, contents: Data((text + "\n").utf8), attributes: [.posixPermissions: 0o600])
        return path
    }

    @Test func `a backup of the running daemon brings everything back, with jobs on hold`() async throws {
        try await withGateway { gateway in
            let admin = try await gateway.admin()
            let once = try await admin.call("job.submit", ["kind": "node.disable", "node": "test"])
            let cron = try await admin.call(
                "job.submit", ["kind": "node.disable", "node": "test", "cron": "* * * * *"])
            let data = gateway.directory.file("data")
            try FileManager.default.createDirectory(
                atPath: data + "/plugins/data/oms", withIntermediateDirectories: true)
            try "kept".write(toFile: data + "/plugins/data/oms/note", atomically: true, encoding: .utf8)
            let file = gateway.directory.file("backup")
            let made = try await run(gateway, "backup", file)
            #expect(made.end == .status(0), "\(made.error)")
            #expect(made.output.contains("not encrypted") && made.output.contains("data of oms"))
            #expect(try mode(file) == 0o600)
            let again = try await run(gateway, "backup", file)
            #expect(again.end == .status(6), "\(again.error)")
            let left = try FileManager.default.contentsOfDirectory(atPath: data).filter { $0.hasPrefix("backup-") }
            #expect(left == [])
            let lines = try await admin.call("audit.list", ["action": "system.backup"])
            #expect(lines["entries"]?.arrayValue?.count == 1)

            _ = try await admin.call("user.create", ["name": "late", "password": .string(Gateway.password)])
            try "changed".write(toFile: data + "/plugins/data/oms/note", atomically: true, encoding: .utf8)
            let refused = try await run(gateway, "restore", file)
            #expect(refused.end == .status(6) && refused.error.contains("stop it first"), "\(refused.error)")
            #expect(try await run(gateway, "restore", file, "--check").end == .status(0))
            await gateway.stop()
            let restored = try await run(gateway, "restore", file, "--json")
            #expect(restored.end == .status(0), "\(restored.error)")
            let result = try json(restored.output)
            #expect(result["held"] == 2 && result["manifest"]?["head"]?["format"] == 1)
            let aside = try #require(result["aside"]?.stringValue)
            #expect(FileManager.default.fileExists(atPath: aside + "/gatehouse.sqlite"))
            #expect(FileManager.default.fileExists(atPath: aside + "/config/gatehouse.yaml"))
            #expect(try String(contentsOfFile: data + "/plugins/data/oms/note", encoding: .utf8) == "kept")

            try await gateway.start()
            try await checkRestored(gateway, formerly: admin, jobs: [once, cron].compactMap { $0["job"]?["id"] })
        }
    }

    private func checkRestored(_ gateway: Gateway, formerly old: APIClient, jobs: [JSONValue]) async throws {
        await #expect(throws: (any Error).self) { try await old.call("user.list") }
        let admin = try await gateway.login("admin")
        let users = try await admin.call("user.list")["users"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        #expect(users?.contains("admin") == true && users?.contains("late") == false)
        let listed = try await gateway.command("job", "list")
        #expect(listed.output.contains("held (") && listed.output.contains("gatehouse job release"))
        let held = try await admin.call("job.list", ["held": true])["jobs"]?.arrayValue ?? []
        #expect(Set(held.compactMap { $0["id"]?.intValue }) == Set(jobs.compactMap(\.intValue)))
        let number = try #require(jobs.first?.intValue)
        let released = try await gateway.command("job", "release", String(number))
        #expect(released.end == .status(0) && released.output.contains("Job \(number) is released"))
        #expect(try await gateway.command("job", "release", String(number)).end == .status(6))
        #expect(try await gateway.command("job", "release", "--all").output.split(separator: "\n").count == 1)
        #expect(try await gateway.command("job", "release", "--all").output == "No job is on hold.\n")
        let lines = try await admin.call("audit.list", ["limit": 50])["entries"]?.arrayValue ?? []
        let actions = lines.compactMap { $0["action"]?.stringValue }
        #expect(actions.contains("system.restore") && actions.filter { $0 == "job.release" }.count == 4)
    }

    @Test func `an encrypted backup of the stopped daemon needs its passphrase, and a damaged one changes nothing`()
        async throws
    {
        try await withGateway { gateway in
            await gateway.stop()
            let file = gateway.directory.file("backup")
            let secret = try passphrase("a long passphrase", gateway)
            let made = try await run(gateway, "backup", file, "--passphrase-file", secret)
            #expect(made.end == .status(0), "\(made.error)")
            #expect(made.output.contains(", encrypted."))
            let open = try passphrase("a long passphrase", gateway)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
            #expect(try await run(gateway, "restore", file, "--passphrase-file", open).end == .status(2))
            let data = gateway.directory.file("data")
            let before = try Data(contentsOf: URL(fileURLWithPath: data + "/gatehouse.sqlite"))
            let wrong = try await run(gateway, "restore", file, "--passphrase-stdin", input: "another passphrase\n")
            #expect(wrong.end == .status(4) && wrong.error.contains("passphrase"), "\(wrong.error)")
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            try whole.dropLast(20).write(to: URL(fileURLWithPath: file))
            let damaged = try await run(gateway, "restore", file, "--passphrase-file", secret)
            #expect(damaged.end == .status(1) && damaged.error.contains("damaged"), "\(damaged.error)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: data + "/gatehouse.sqlite")) == before)
            try whole.write(to: URL(fileURLWithPath: file))
            let restored = try await run(gateway, "restore", file, "--passphrase-file", secret)
            #expect(restored.end == .status(0), "\(restored.error)")
            try await gateway.start()
            let admin = try await gateway.login("admin")
            let lines = try await admin.call("audit.list", ["action": "system."])["entries"]?.arrayValue
            #expect(lines?.compactMap { $0["action"]?.stringValue } == ["system.restore", "system.backup"])
        }
    }

    @Test func `the doctor tells what is wrong with a running and with a stopped daemon`() async throws {
        try await withGateway { gateway in
            func findings() async throws -> (end: Child.End?, outcomes: [String: String]) {
                let done = try await run(gateway, "doctor", "--json")
                let lines = try json(done.output)["findings"]?.arrayValue ?? []
                let pairs = lines.map { ($0["subject"]?.stringValue ?? "", $0["outcome"]?.stringValue ?? "") }
                return (done.end, Dictionary(pairs) { first, _ in first })
            }
            let running = try await findings()
            for subject in ["configuration", "daemon", "port", "certificate", "data", "database", "pages", "clock"] {
                #expect(running.outcomes[subject] == "ok", "\(subject)")
            }
            #expect(running.outcomes["node test"] == "ok" && running.outcomes["plugins"] == "ok")
            let isWrong = running.outcomes.values.contains("wrong")
            #expect(running.end == .status(isWrong ? 1 : 0))
            await gateway.stop()
            let data = gateway.directory.file("data")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: data)
            let stopped = try await findings()
            #expect(stopped.end == .status(1))
            #expect(stopped.outcomes["daemon"] == "skipped" && stopped.outcomes["port"] == "ok")
            #expect(stopped.outcomes["data"] == "wrong" && stopped.outcomes["database"] == "ok")
            let words = try await run(gateway, "doctor")
            #expect(words.output.contains("mend: chmod 700 \(data)"))
            try "nonsense: 1".write(toFile: gateway.configurationPath, atomically: true, encoding: .utf8)
            let broken = try await run(gateway, "doctor")
            #expect(broken.end == .status(1) && broken.output.contains("nonsense"), "\(broken.output)")
        }
    }
}
