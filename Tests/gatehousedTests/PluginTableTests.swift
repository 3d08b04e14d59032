// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost
import Testing

@testable import gatehoused

/// The plugin table in the configuration file.
@Suite struct PluginTableTests {
    @Test func `everything can be said of a plugin`() throws {
        let text = """
            plugins:
              search: [plugins, /srv/plugins]
              table:
                - name: zentific
                  enabled: false
                  rpc: true
                  poller: false
                  config: {depth: 3, names: [a, b]}
                  permissions: [machine.list, "machine.*", event.machine.changed, network, "*"]
                  digest: \(String(repeating: "AB", count: 32))
                  listeners:
                    - {port: 4444}
                    - {address: 0.0.0.0, port: 4445, tls: true}
                  timeouts: {start: 1.5, call: 60}
                  restart: {most: 0, within: 10, firstDelay: 0.05, longestDelay: 1}
                  trusted: true
                  sandbox: false
                  limits: {memoryMiB: 256, cpuSeconds: 60}
                  queue: {inFlight: 8, waiting: 0}
                - {name: other, permissions: asked}
            """
        let table = try configuration(text).plugins
        var row = PluginRow(name: "zentific")
        row.declared = PluginSwitches(enabled: false, parts: [.rpc, .frontend, .scheduler])
        row.configuration = ["depth": 3, "names": ["a", "b"]]
        row.permissions = .list(["machine.list", "machine.*", "event.machine.changed", "network", "*"])
        row.digest = String(repeating: "ab", count: 32)
        row.listeners = [
            PluginListener(plugin: "zentific", address: "127.0.0.1", port: 4444, isTLS: false),
            PluginListener(plugin: "zentific", address: "0.0.0.0", port: 4445, isTLS: true),
        ]
        row.timeouts.start = .milliseconds(1500)
        row.timeouts.call = .seconds(60)
        row.restart.most = 0
        row.restart.within = .seconds(10)
        row.restart.longestDelay = .seconds(1)
        row.isTrusted = true
        row.isSandboxed = false
        row.limits.memoryMiB = 256
        row.limits.cpuSeconds = 60
        row.queue.inFlight = 8
        row.queue.waiting = 0
        var other = PluginRow(name: "other")
        other.permissions = .asked
        #expect(table.search == ["/etc/gatehouse/plugins", "/srv/plugins"])
        #expect(table.rows == [row, other])
        let read = try configuration(text)
        #expect(try configuration(read.printed()) == read)
    }

    @Test func `a list of rows keeps the standard folders`() throws {
        let table = try configuration("plugins: [{name: a}]").plugins
        #expect(table.search == ["/usr/lib/gatehouse/plugins", "/usr/local/lib/gatehouse/plugins"])
        #expect(table.rows == [PluginRow(name: "a")])
    }

    @Test(arguments: [
        ("- {enabled: true}", "the name is missing"), ("- {name: a, enabled: maybe}", "this must be true or false"),
        ("- {name: a}\n- {name: a}", "a plugin named \"a\" is in the table already"),
        ("- {name: a, config: 3}", "this must be a mapping"),
        ("- {name: a, permission: []}", "Did you mean \"permissions\"?"),
        ("- {name: ../a}", "is no name of a plugin"), ("- {name: Zentific}", "is no name of a plugin"),
        ("- {name: 1a}", "is no name of a plugin"), ("{tabel: []}", "Did you mean \"table\"?"),
        ("- {name: a, rpc: 1}", "plugins[0].rpc: this must be true or false"),
        ("- {name: a, permissions: all}", "or the word asked"),
        (
            "- {name: a, permissions: [\"machine list\"]}",
            "plugins[0].permissions[0]: \"machine list\" is no permission"
        ),
        ("- {name: a, permissions: [\"*.list\"]}", "is no permission"),
        ("- {name: a, permissions: [machine.]}", "is no permission"),
        ("- {name: a, digest: abc}", "64 hexadecimal digits"),
        ("- {name: a, listeners: {port: 1}}", "this must be a list"),
        ("- {name: a, listeners: [{address: 127.0.0.1}]}", "the port is missing"),
        ("- {name: a, listeners: [{port: 70000}]}", "a whole number from 0 to 65535"),
        ("- {name: a, listeners: [{address: 0.0.0.0, port: 1}]}", "say tls: true or tls: false for 0.0.0.0"),
        ("- {name: a, listeners: [{address: \"a b\", port: 1}]}", "neither an address nor a host name"),
        ("- {name: a, listeners: [{adress: x, port: 1}]}", "Did you mean \"address\"?"),
        ("- {name: a, listeners: [{port: 1}]}\n- {name: b, listeners: [{port: 1}]}", "is used by a already"),
        ("- {name: a, listeners: [{address: 0.0.0.0, port: 8443, tls: true}]}", "is used by Gatehouse itself already"),
        ("- {name: a, timeouts: {call: 0}}", "timeouts.call: this must be a number of seconds from 0.1 to 3600"),
        ("- {name: a, timeouts: {call: 5s}}", "a number of seconds"),
        ("- {name: a, timeouts: {calls: 5}}", "Did you mean \"call\"?"),
        ("- {name: a, restart: never}", "this must be a mapping"),
        ("- {name: a, restart: {most: -1}}", "a whole number from 0 to 1000"),
        ("- {name: a, restart: {firstDelay: 9, longestDelay: 1}}", "firstDelay must not be longer than longestDelay"),
        ("- {name: a, limits: {memoryMiB: 1}}", "a whole number from 16 to 1048576"),
        ("- {name: a, queue: {inflight: 5}}", "Did you mean \"inFlight\"?"),
        ("- {name: a, sandbox: auto}", "this must be true or false"),
        ("- {name: a, token: x}", "secrets are not written"),
    ])
    func `a wrong plugin table is refused`(list: String, expected: String) {
        let found = problems("plugins:\n  " + list.replacing("\n", with: "\n  "))
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test func `a listener with TLS needs it to be on`() {
        let found = problems(
            "listen: {address: 127.0.0.1, tls: off}\nplugins: [{name: a, listeners: [{port: 1, tls: true}]}]")
        #expect(found.count == 1 && found[0].contains("listen.tls is off"), "\(found)")
    }
}
