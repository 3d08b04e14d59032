// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct MachineMethodTests {
    @Test func `a machine is operated under the caller's name`() async throws {
        try await APIFixture.run { fixture in
            let admin = try await fixture.user("admin", .admin, on: "db")
            let machine = try await fixture.address("db")
            let started = try await fixture.call("machine.start", ["machine": machine], as: admin)["machine"]
            #expect(started?["state"] == "running")
            #expect(started?["level"] == "admin")
            #expect(await fixture.failure("machine.start", ["machine": machine], as: admin)?.code == .conflict)
            for (operation, state) in [("pause", "paused"), ("resume", "running"), ("powerOff", "off")] {
                let after = try await fixture.call("machine.\(operation)", ["machine": machine], as: admin)
                #expect(after["machine"]?["state"] == .string(state))
            }
        }
    }

    @Test func `lists are narrowed by node, state and text`() async throws {
        try await APIFixture.run { fixture in
            func names(_ parameters: [String: JSONValue]) async throws -> [String] {
                let found = try await fixture.call("machine.list", parameters, as: fixture.root)
                return (found["machines"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            }
            try await fixture.call(
                "machine.setNotes", ["machine": try await fixture.address("db"), "notes": "PostgreSQL"],
                as: fixture.root)
            #expect(try await names(["node": "n2"]) == ["mail"])
            #expect(try await names(["state": "off"]) == ["db"])
            #expect(try await names(["search": "postgres"]) == ["db"])
            #expect(try await names(["search": "MAIL"]) == ["mail"])
            #expect(try await names(["search": "", "node": "n1", "state": "running"]) == ["web"])
        }
    }

    @Test func `showing a machine gives its disks, and what is known while its node is away`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let full = try await fixture.call("machine.show", ["machine": machine], as: fixture.root)["machine"]
            #expect(full?["disks"] == [] && full?["details"]?["needsReboot"] == false)
            #expect(full?["details"]?["vncPort"]?.isNull == true)
            fixture.hypervisors[0].disconnect("cable")
            try await eventually("it is away") { try await fixture.test.machine("web").snapshot.state == .unknown }
            let known = try await fixture.call("machine.show", ["machine": machine], as: fixture.root)["machine"]
            #expect(known?["name"] == "web" && known?["state"] == "unknown")
            let error = await fixture.failure("machine.start", ["machine": machine], as: fixture.root)
            #expect(error?.code == .nodeUnreachable)
        }
    }

    @Test func `what was done to a machine is told to those who operate it, without addresses`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let admin = try await fixture.user("admin", .admin, on: "web")
            try await fixture.call("machine.pause", ["machine": machine], as: admin)
            try await fixture.call("machine.pause", ["machine": try await fixture.address("mail")], as: fixture.root)
            _ = await fixture.failure("machine.pause", ["machine": machine], as: admin)
            let log = try await fixture.call("machine.log", ["machine": machine], as: admin)
            let entries = log["entries"]?.arrayValue ?? []
            #expect(entries.map { $0["outcome"] } == ["failed", "ok"] && log["more"] == false)
            #expect(entries.allSatisfy { $0["action"] == "machine.pause" && $0["user"] == "admin" })
            #expect(entries.first?["userID"]?.intValue == admin.session?.user.number)
            #expect(entries.allSatisfy { $0["address"] == nil })
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            #expect(await fixture.failure("machine.log", ["machine": machine], as: viewer)?.code == .forbidden)
        }
    }

    @Test func `a screen's own password is told to those who operate the machine, and that is noted`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let call = { try await fixture.call("console.revealPassword", ["machine": machine], as: fixture.root) }
            #expect(try await call()["password"]?.isNull == true)
            fixture.hypervisors[0].setVNCPassword("secret")
            #expect(try await call()["password"] == "secret")
            let entry = try #require(try await fixture.audit().first)
            #expect(entry.action == "console.revealPassword" && !"\(entry)".contains("secret"))
            let job: [String: JSONValue] = ["kind": "console.revealPassword", "parameters": ["machine": machine]]
            #expect(await fixture.failure("job.submit", job, as: fixture.root)?.code == .invalidParameters)
        }
    }

    @Test func `a node tells what it is made of, while it can be asked`() async throws {
        try await APIFixture.run { fixture in
            let show = { try await fixture.call("node.show", ["node": "n1"], as: fixture.root)["node"] }
            let details = try await show()?["details"]
            #expect(details?["architecture"] == "x86_64" && details?["supportsHVM"] == true && details?["cores"] == 4)
            #expect(details?["guests"] == [["osType": "hvm", "architecture": "x86_64"]])
            fixture.hypervisors[0].disconnect("cable")
            try await eventually("it is away") { try await show()?["state"] == "unreachable" }
            #expect(try await show()?["details"] == nil)
        }
    }

    @Test func `keys are named, at least one and at most eight`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            try await fixture.call(
                "machine.sendKeys", ["machine": machine, "keys": ["ctrl", "alt", "delete"]], as: fixture.root)
            let uuid = try await fixture.test.machine("web").id.uuid
            #expect(fixture.hypervisors[0].requests == [.sendKeys([.ctrl, .alt, .delete], uuid)])
            let none = await fixture.failure("machine.sendKeys", ["machine": machine, "keys": []], as: fixture.root)
            #expect(none?.code == .invalidParameters)
        }
    }

    @Test func `a picture comes as base64 with its time`() async throws {
        try await APIFixture.run { fixture in
            let picture = try await fixture.call(
                "machine.picture", ["machine": try await fixture.address("web")], as: fixture.root)
            #expect(picture["type"] == "image/png" && picture["data"] == "iVBORw==")
        }
    }

    @Test func `a console is opened with a path, a ticket and its lock`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            let parameters: [String: JSONValue] = ["machine": machine, "type": "vnc"]
            let admin = try await fixture.user("admin", .admin, on: "web")
            let opening = try await fixture.call("console.open", parameters, as: admin)
            #expect(opening["path"] == .string("/console/\(machine.stringValue ?? "")/vnc"))
            #expect(opening["lock"]?["holder"] == "admin" && opening["lock"]?["self"] == true)
            #expect(opening["lock"]?["connected"] == false)
            let locked = await fixture.failure("console.open", parameters, as: fixture.root)
            #expect(locked?.code == .consoleLocked)
            #expect(locked?.details["lock"]?["holder"] == "admin")
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let seen = try await fixture.call("console.show", parameters, as: viewer)["lock"]
            #expect(seen?["holder"]?.isNull == true && seen?["self"] == false)
            #expect(try await fixture.call("console.list", as: fixture.plain)["consoles"] == [])
            try await fixture.call("console.disconnect", parameters, as: fixture.root)
            #expect(try await fixture.call("console.show", parameters, as: viewer)["lock"]?.isNull == true)
        }
    }

    @Test func `a console of a machine that is off, or that it does not have, can not be opened`() async throws {
        try await APIFixture.run { fixture in
            fixture.hypervisors[1].put(
                MachineSnapshot(uuid: UUID(), name: "mute", state: .running, consoles: [.text]))
            try await eventually("it is there") { await fixture.test.core.inventory.allMachines().count == 4 }
            for name in ["db", "mute"] {
                let error = await fixture.failure(
                    "console.open", ["machine": try await fixture.address(name), "type": "vnc"], as: fixture.root)
                #expect(error?.code == .consoleUnreachable)
            }
        }
    }

    @Test func `the status counts what there is`() async throws {
        try await APIFixture.run { fixture in
            fixture.test.clock.advance(.seconds(90))
            let status = try await fixture.call("system.status", as: fixture.root)
            #expect(status["version"] == "1.2.3" && status["uptimeSeconds"] == 90)
            #expect(status["machines"] == 3 && status["sessions"] == 2 && status["nodes"]?["online"] == 2)
        }
    }
}
