// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import Synchronization
import Testing

@testable import gatehouse

private func plugin(_ name: String, _ changes: [String: JSONValue] = [:]) -> JSONValue {
    var members: [String: JSONValue] = [
        "name": .string(name), "version": "1.0.0", "description": "Says hello.", "parts": ["rpc", "poller"],
        "declared": ["enabled": true, "rpc": true, "frontend": true, "scheduler": true, "poller": true],
        "changed": nil, "enabled": true, "rpc": true, "frontend": false, "scheduler": false, "poller": true,
        "state": "healthy", "since": "2026-11-21T10:00:00.123Z", "error": nil, "process": 4711, "memoryKiB": 2048,
        "calls": 7, "failures": 1, "inFlight": 0, "medianMicroseconds": 120, "p99Microseconds": 25_000, "restarts": 0,
        "asked": ["machine.list", "event.machine.changed"], "granted": ["machine.*", "event.machine.changed"],
        "sandboxed": true, "trusted": false, "folder": "/p/hello", "digest": "ab", "reloadPending": false,
        "routes": ["/hello"], "pages": [], "polls": ["tick"], "jobKinds": [],
    ]
    members.merge(changes) { $1 }
    return .object(members)
}

@Suite struct PluginCommandTests {
    @Test func `the table says what is on, where the file differs, and who is not in a sandbox`() async throws {
        let list: JSONValue = [
            "plugins": [
                plugin("hello"),
                plugin(
                    "old",
                    [
                        "changed": ["enabled": false, "rpc": true, "permissions": ["*"]], "enabled": false,
                        "poller": false, "state": "disabled", "process": nil, "memoryKiB": nil,
                    ]),
                plugin(
                    "raw", ["sandboxed": false, "reloadPending": true, "state": "failed", "error": "It\u{1B}broke."]),
            ],
            "sandbox": ["available": false, "reason": "bubblewrap is not installed."],
        ]
        try await Script { _ in .result(list) }.run { daemon in
            let found = await daemon.run("plugin", "list")
            #expect(
                found.out == """
                    NAME   VERSION  STATE     PARTS         FILE SAYS              PROCESS  MEMORY  CALLS  ERROR
                    hello  1.0.0    healthy   rpc poller    -                         4711   2 MiB      7  -
                    old    1.0.0    disabled  rpc (poller)  on, other permissions        -       -      7  -
                    raw    1.0.0    failed    rpc poller    -                         4711   2 MiB      7  It\\u{1b}broke.

                    FILE SAYS: switched differently here; `gatehouse plugin reset NAME` returns to the file.
                    Not in a sandbox, so as trusted as the daemon's own user: raw.
                    No sandbox on this host: bubblewrap is not installed.
                    Changed in the folder: raw. `gatehouse plugin reload` takes it up.

                    """)
            let json = try JSONParser.parse(await daemon.run("plugin", "list", "--json").out)
            #expect(json == list)
        }
    }

    @Test func `a plugin that is only found is off by the file`() {
        #expect(PluginText.difference(plugin("a", ["declared": nil, "changed": ["enabled": true]])) == "off")
        #expect(PluginText.difference(plugin("a", ["changed": ["rpc": false]])) == "rpc on")
        #expect(PluginText.difference(plugin("a", ["changed": ["rpc": true]])) == nil)
    }

    @Test func `a plugin is shown with the end of its log`() async throws {
        try await Script { request in
            guard request.method == "plugin.log" else { return .result(["plugin": plugin("hello")]) }
            return .result([
                "lines": [
                    ["number": 1, "at": "2026-11-21T10:00:00Z", "host": true, "text": "started"],
                    ["number": 2, "at": "2026-11-21T10:00:01Z", "host": false, "text": "hi\u{7}"],
                ]
            ])
        }.run { daemon in
            let found = await daemon.run("plugin", "show", "hello")
            #expect(
                found.out.contains("calls:           7, 1 failed, 0 under way; median 120 µs, 99 of 100 within 25 ms\n")
            )
            #expect(found.out.contains("2026-11-21 10:00:00 UTC  gatehouse: started\n"))
            #expect(found.out.hasSuffix("2026-11-21 10:00:01 UTC  hi\\u{7}\n"))
        }
    }

    @Test func `enabling waits until the plugin runs`() async throws {
        let asked = Mutex(0)
        try await Script { request in
            let state: JSONValue = asked.withLock { asked in
                asked += 1
                return asked < 3 ? "starting" : "healthy"
            }
            return .result(["plugin": plugin("hello", ["state": state])])
        }.run { daemon in
            let found = await daemon.run("plugin", "enable", "hello")
            #expect(found.status == .ok)
            #expect(found.out == "Plugin hello is healthy.\n")
            #expect(daemon.requests.map(\.method) == ["plugin.modify", "plugin.show", "plugin.show"])
            #expect(daemon.requests.first?.parameters == ["name": "hello", "enabled": true])
        }
    }

    @Test func `a plugin that does not come up is a failure with its reason`() async throws {
        try await Script { _ in .result(["plugin": plugin("hello", ["state": "failed", "error": "No Python."])]) }
            .run { daemon in
                let found = await daemon.run("plugin", "enable", "hello")
                #expect(found.status == .failed)
                #expect(found.error == "gatehouse: Plugin hello does not run: No Python.\n")
            }
    }

    @Test func `permissions are granted by name, or as the plugin asks`() async throws {
        try await Script { _ in .result(["plugin": plugin("hello", ["granted": []])]) }.run { daemon in
            let some = await daemon.run("plugin", "enable", "hello", "--grant", "machine.list", "network")
            #expect(some.out.contains("more than it was granted: machine.list, event.machine.changed."))
            #expect(daemon.requests.last?.parameters["permissions"] == ["machine.list", "network"])
            #expect(await daemon.run("plugin", "enable", "hello", "--grant-asked").status == .ok)
            #expect(daemon.requests.last?.parameters["permissions"] == ["machine.list", "event.machine.changed"])
            let both = await daemon.run("plugin", "enable", "hello", "--grant-asked", "--grant", "x")
            #expect(both.status == .usage)
        }
    }

    @Test func `parts are switched by name`() async throws {
        try await Script { _ in .result(["plugin": plugin("hello")]) }.run { daemon in
            #expect(await daemon.run("plugin", "set", "hello", "--rpc", "off", "--poller", "on").status == .ok)
            #expect(daemon.requests.last?.parameters == ["name": "hello", "rpc": false, "poller": true])
            #expect(await daemon.run("plugin", "set", "hello", "--rpc", "no").status == .usage)
            #expect(await daemon.run("plugin", "set", "hello", "--ui", "on").status == .usage)
            #expect(await daemon.run("plugin", "set", "hello").status == .usage)
            #expect(await daemon.run("plugin", "reset").status == .usage)
            #expect(await daemon.run("plugin", "reset", "--all").status == .ok)
            #expect(daemon.requests.last?.parameters == [:])
        }
    }

    @Test func `a log that is followed goes on after the last line`() async throws {
        let rounds = Mutex<Int64>(0)
        try await Script { _ in
            let number = rounds.withLock { rounds in
                rounds += 1
                return rounds
            }
            guard number < 3 else { return .close }
            return .result(["lines": [["number": .int(number), "at": "x", "host": false, "text": "line"]]])
        }.run { daemon in
            let found = await daemon.run("plugin", "log", "hello", "--follow", "--limit", "5")
            #expect(found.status == .unreachable)
            #expect(found.out == "x  line\nx  line\n")
            #expect(daemon.requests.map { $0.parameters["after"] } == [nil, 1, 2])
            #expect(daemon.requests.map { $0.parameters["limit"] } == [5, 1000, 1000])
        }
    }
}

@Suite struct JobCommandTests {
    @Test func `a job is submitted with everything that was said`() async throws {
        let machine = "11111111-1111-1111-1111-111111111111"
        try await Script { _ in .result(["job": ["id": 17, "status": "inserted"]]) }.run { daemon in
            let found = await daemon.run(
                "job", "submit", "machine.start", "{\"x\": 1}", "--machine", machine, "--priority", "high", "--cron",
                "0 3 * * *", "--attempts", "2", "--after", "3", "--after", "4")
            #expect(found.out == "Job 17 is inserted.\n")
            #expect(
                daemon.requests.last?.parameters == [
                    "kind": "machine.start", "parameters": ["x": 1], "machine": .string(machine), "priority": "high",
                    "cron": "0 3 * * *", "attempts": 2, "dependencies": [3, 4],
                ])
        }
    }

    @Test func `the list says that the scheduler is off`() async throws {
        let job: JSONValue = [
            "id": 17, "status": "executing", "kind": "machine.start", "machineName": "web", "submitter": "anna",
            "createdAt": "2026-11-21T10:00:00Z", "percent": 40, "message": "starting", "error": nil,
        ]
        try await Script { _ in .result(["jobs": [job], "more": true, "scheduler": "off"]) }.run { daemon in
            let found = await daemon.run("job", "list", "--active")
            #expect(
                found.out == """
                    ID  STATUS     KIND           MACHINE  BY    CREATED                  DONE  MESSAGE
                    17  executing  machine.start  web      anna  2026-11-21 10:00:00 UTC  40 %  starting
                    There are more: --before 17
                    The scheduler is off: what is submitted waits until its plugin is on.

                    """)
            #expect(daemon.requests.last?.parameters == ["limit": 50, "active": true])
        }
    }

    @Test func `alerts are listed and acknowledged`() async throws {
        let alert: JSONValue = [
            "id": 3, "at": "2026-11-21T10:00:00Z", "severity": "warning", "kind": "cpu",
            "subject": ["machine": "x", "name": "web"], "message": "Busy.", "acknowledged": false, "clearedAt": nil,
        ]
        try await Script { _ in .result(["alerts": [alert], "more": false, "unacknowledged": 1]) }.run { daemon in
            #expect(
                await daemon.run("alert", "list", "--open").out.contains("web    no            -           Busy.\n"))
            #expect(daemon.requests.last?.parameters == ["limit": 50, "acknowledged": false])
            #expect(await daemon.run("alert", "acknowledge", "3").status == .ok)
            #expect(daemon.requests.last == .init(method: "alert.acknowledge", parameters: ["alert": 3]))
            #expect(await daemon.run("alert", "acknowledge", "--all").status == .ok)
            #expect(daemon.requests.last?.method == "alert.acknowledgeAll")
            #expect(await daemon.run("alert", "acknowledge").status == .usage)
        }
    }
}
