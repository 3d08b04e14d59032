// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import PluginHost
import Testing

@testable import gatehoused

/// Reads a text as if it were the file `/etc/gatehouse/test.yaml`.
func configuration(_ text: String) throws -> Configuration {
    try Configuration.read(text, file: "test.yaml", directory: "/etc/gatehouse")
}

/// The problems that reading a text brings up, one a line.
func problems(_ text: String) -> [String] {
    do {
        _ = try configuration(text)
        return []
    } catch {
        let message = (error as? GatehouseError)?.message ?? String(describing: error)
        return message.split(separator: "\n").dropFirst().map(String.init)
    }
}

@Suite struct ConfigurationTests {
    @Test(arguments: ["", "# nothing\n", "~", "---\n", "{}"])
    func `an empty file means the defaults`(text: String) throws {
        #expect(try configuration(text) == .default)
    }

    @Test func `the defaults are what the documentation says`() {
        let configuration = Configuration.default
        #expect(configuration.listen == Listen(address: "0.0.0.0", port: 8443, tls: .selfSigned))
        #expect(configuration.dataDirectory == "/var/lib/gatehouse")
        #expect(configuration.nodes.map(\.name) == ["test"])
        #expect(configuration.limits.sessionIdleMinutes == 15 && configuration.limits.sessionHours == 12)
        #expect(configuration.metrics == .loopback && configuration.logLevel == .info)
    }

    @Test func `everything can be said`() throws {
        let configuration = try configuration(everything)
        #expect(
            configuration.listen
                == Listen(
                    address: "::", port: 443, tls: .files(certificate: "/etc/gatehouse/tls/c.pem", key: "/k.pem")))
        #expect(
            configuration.publicOrigins.map(\.description) == [
                "https://gate.example.org", "https://[2001:db8::1]:8443",
            ])
        #expect(configuration.trustedProxies.map(\.description) == ["192.0.2.1", "10.0.0.0/8"])
        #expect(configuration.dataDirectory == "/etc/data" && configuration.runDirectory == "/etc/gatehouse/run")
        #expect(configuration.nodes.map(\.name) == ["lab-1", "desk"])
        #expect(
            configuration.nodes[0].kind
                == .libvirt(
                    LibvirtConnection(
                        uri: "qemu+ssh://root@lab/system", sshKeyFile: "/etc/gatehouse/id",
                        knownHostsFile: "/etc/hosts.known")))
        #expect(
            configuration.nodes[1].kind
                == .static([
                    StaticMachine(
                        name: "mail server",
                        uuid: try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
                        vnc: .tcp(host: "2001:db8::7", port: 5901), passwordFile: "/etc/gatehouse/mail.password"),
                    StaticMachine(
                        name: "switch", uuid: NamedUUID.machine("switch", node: "desk"),
                        text: .unix(path: "/run/switch.sock")),
                ]))
        #expect(configuration.plugins.search == ["/etc/gatehouse/plugins"])
        #expect(configuration.plugins.rows.first?.configuration["depth"] == 3)
        #expect(configuration.plugins.rows.map(\.declared.enabled) == [true, false])
        #expect(configuration.metrics == .ranges([try #require(AddressRange("192.0.2.0/24"))]))
        #expect(configuration.limits.consolesPerUser == 8 && configuration.limits.consoles == 1000)
        #expect(configuration.logLevel == .debug)
    }

    @Test func `what is printed reads back the same`() throws {
        for value in [Configuration.default, try configuration(everything), try configuration("nodes: []")] {
            #expect(try Configuration.read(value.printed(), file: "p", directory: "/elsewhere") == value)
        }
    }

    @Test(arguments: ["listen:\n  address: ::1\n  tls: off", "metrics: {allow: anyone}", "plugins: [{name: a}]"])
    func `each variant reads back the same`(text: String) throws {
        let value = try configuration(text)
        #expect(try configuration(value.printed()) == value)
    }

    @Test func `odd texts read back the same`() throws {
        var value = Configuration.default
        let odd = "a\"b\\c # d: {e} 'f' \u{85}\u{2028}\u{FEFF}\u{1F600}\u{E9}"
        var row = PluginRow(name: "x")
        row.configuration = [
            "a": .string(odd), "yes": "yes", "number": "12", "n": 12, "d": .double(1.5), "big": .double(1e300),
            "null": nil, "list": [true, "true", "~", ""], odd.replacing("\u{85}", with: ""): 1,
        ]
        value.plugins.rows = [row]
        #expect(try configuration(value.printed()) == value)
    }

    @Test func `every printed key has a comment`() {
        let lines = Configuration.default.printed().split(separator: "\n", omittingEmptySubsequences: false)
        for entry in Limits.entries {
            let index = lines.firstIndex { $0.hasPrefix("  \(entry.key):") }
            #expect(index.map { lines[$0 - 1].hasPrefix("  #") } == true)
        }
    }

    private let everything = """
        listen: {address: "::", port: 443, tls: {certificate: tls/c.pem, key: /k.pem}}
        publicOrigins: [https://Gate.example.org:443/, "https://[2001:db8::1]:8443"]
        trustedProxies: [192.0.2.1, 10.0.0.0/8]
        dataDirectory: ../data
        runDirectory: ./run
        webDirectory: /srv/www
        nodes:
          - name: lab-1
            uri: qemu+ssh://root@lab/system
            sshKeyFile: id
            knownHostsFile: /etc/hosts.known
          - name: desk
            static:
              - name: mail server
                uuid: 6BA7B810-9DAD-11D1-80B4-00C04FD430C8
                vnc: "[2001:db8::7]:5901"
                passwordFile: mail.password
              - name: switch
                text: unix:/run/switch.sock
        plugins:
          search: [plugins]
          table:
            - {name: zentific, rpc: true, config: {depth: 3, names: [a, b]}, permissions: [machine.list]}
            - {name: old, enabled: false, timeouts: {start: 1.5}, restart: {most: 0}}
        metrics: {allow: [192.0.2.0/24]}
        limits: {consolesPerUser: 8}
        logLevel: debug
        """
}

@Suite struct ConfigurationProblemTests {
    @Test(arguments: [
        ("lissten: {}", "test.yaml:1:1: lissten: there is no such key. Did you mean \"listen\"?"),
        ("listen:\n  prot: 1", "test.yaml:2:3: listen.prot: there is no such key. Did you mean \"port\"?"),
        (
            "listen:\n  port: 70000",
            "test.yaml:2:9: listen.port: this must be a whole number from 1 to 65535, not \"70000\"."
        ),
        ("listen:\n  port: \"80\"", "test.yaml:2:9: listen.port: this must be a whole number"),
        ("listen:\n  address: not an address", "is neither an address nor a host name"),
        ("listen:\n  address: 300.1.1.1", "is neither an address nor a host name"),
        ("listen: 8443", "test.yaml:1:9: listen: this must be a mapping with the keys address, port and tls"),
        ("listen:\n  tls: selfsigned", "listen.tls: this must be selfSigned or off, not \"selfsigned\". Did you mean"),
        ("listen:\n  tls: off", "test.yaml:2:8: listen.tls: \"off\" needs a loopback address"),
        ("listen: {address: 192.0.2.1, tls: off}", "needs a loopback address"),
        ("listen: {tls: {certificate: a}}", "certificate and key belong together"),
        ("publicOrigins: [http://example.org]", "publicOrigins[0]: \"http://example.org\" is not an origin"),
        ("publicOrigins: [\"https://example.org/path\"]", "is not an origin"),
        ("publicOrigins: https://example.org", "this must be a list"),
        ("trustedProxies: [10.0.0.0/33]", "trustedProxies[0]: \"10.0.0.0/33\" is no address and no range"),
        ("dataDirectory: ~/data", "\"~\" is not known here"),
        ("dataDirectory:", "test.yaml:1:15: dataDirectory: there is no value"),
        ("dataDirectory: [a]", "this must be a text, not a list"),
        ("metrics: {allow: all}", "metrics.allow: this must be loopback, authenticated or anyone"),
        ("limits: {sessionHours: 0}", "limits.sessionHours: this must be a whole number from 1 to 168, not \"0\"."),
        ("limits: {sessionHours: 1.5}", "this must be a whole number"),
        ("limits: {sessionHour: 1}", "Did you mean \"sessionHours\"?"),
        ("logLevel: verbose", "logLevel: this must be trace, debug"),
        ("- a", "this must be a mapping"),
        ("? [a]\n: b", "a key must be a word"),
    ])
    func `a wrong value is refused with its place`(text: String, expected: String) throws {
        let found = problems(text)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
        #expect(found.first?.hasPrefix("test.yaml:") == true)
    }

    @Test(arguments: [
        ("- {uri: \"test:///default\"}", "nodes[0]: the name is missing"),
        ("- {name: a b, uri: \"test:///default\"}", "nodes[0].name: \"a b\" is no name"),
        ("- {name: \(String(repeating: "x", count: 64)), uri: \"test:///default\"}", "1 to 63 bytes"),
        ("- {name: a}", "a node needs either uri"),
        ("- {name: a, uri: \"test:///default\", static: []}", "either uri or static, not both"),
        ("- {name: a, uri: nonsense}", "is no libvirt URI"),
        ("- {name: a, uri: \"qemu+ssh://root:secret@host/system\"}", "a password does not belong into a URI"),
        ("- {name: a, uri: \"qemu:///system\", sshKeyFile: k}", "only works with a URI that uses ssh"),
        ("- {name: a, uri: \"qemu+ssh://h/system\", tlsDirectory: t}", "only works with a URI that uses tls"),
        ("- {name: a, static: [{name: m}]}", "nodes[0].static[0]: the machine has no console"),
        ("- {name: a, static: [{vnc: \"h:1\"}]}", "the machine's name is missing"),
        ("- {name: a, static: [{name: m, vnc: h}]}", "nodes[0].static[0].vnc: \"h\" is no place"),
        ("- {name: a, static: [{name: m, vnc: \"h:0\"}]}", "is no place"),
        ("- {name: a, static: [{name: m, vnc: \"::1:5900\"}]}", "is no place"),
        ("- {name: a, static: [{name: m, text: \"unix:/\(String(repeating: "x", count: 107))\"}]}", "1 to 107 bytes"),
        ("- {name: a, static: [{name: m, vnc: \"h:1\", uuid: x}]}", "is no UUID"),
        ("- {name: a, static: [{name: m, text: \"h:1\", passwordFile: p}]}", "the password is for vnc"),
        ("- {name: a, static: [{name: m, vnc: \"h:1\"}, {name: m, vnc: \"h:2\"}]}", "a machine named \"m\" already"),
        ("- {name: a, uri: \"test:///a\"}\n- {name: A, uri: \"test:///b\"}", "a node named \"A\" is declared already"),
        ("- {name: a, static: [], sshKeyFile: k}", "a static node has no connection"),
    ])
    func `a wrong node is refused`(list: String, expected: String) throws {
        let found = problems("nodes:\n" + list)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test func `a secret is refused, with the way to do it and without showing it`() {
        let found = problems("nodes: [{name: a, static: [{name: m, vnc: \"h:1\", password: hunter2}]}]")
        #expect(found.count == 1)
        #expect(found[0].contains("mode 0600") && found[0].contains("passwordFile") && !found[0].contains("hunter2"))
        let uri = problems("nodes: [{name: a, uri: \"qemu+ssh://root:hunter2@host/system\"}]")
        #expect(!uri.joined().contains("hunter2"))
    }

    @Test func `all problems come out at once, up to twenty`() {
        let few = problems("listen: {port: 0, address: \" \"}\nlogLevel: x\nbogus: 1")
        #expect(few.count == 4, "\(few)")
        let many = problems("limits:\n" + (0..<30).map { "  unknown\($0): 1\n" }.joined())
        #expect(many.count == 21 && many.last == "... and 10 more.")
    }

    @Test(arguments: [
        ("listen: {port: 1}\nlisten: {port: 2}", "appears twice"), ("a: b: c", "Check indentation"),
        ("\tlisten: 1", "Check indentation"), ("a: [", "Check indentation"), ("a: *b", "undefined alias"),
        ("a: 1\n---\nb: 2", "another document"), ("a: \u{1}", "Remove that character"),
    ])
    func `what is no good YAML is refused with its place`(text: String, expected: String) {
        let found = problems(text)
        #expect(found.count == 1 && found[0].contains(expected), "\(found)")
    }

    @Test func `deep nesting and exploding aliases are refused quickly`() {
        let deep =
            "plugins: [{name: a, config: {x: " + String(repeating: "[", count: 200)
            + String(repeating: "]", count: 200) + "}}]"
        #expect(problems(deep).first?.contains("nested deeper") == true)
        let deeper = String(repeating: "[", count: 500_000)
        #expect(problems(deeper).count == 1)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            bomb += "a\(level): &a\(level) [" + (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", ") + "]\n"
        }
        #expect(problems(bomb).first?.contains("aliases expand to too much") == true)
    }

    @Test func `an alias may save typing`() throws {
        let text = """
            nodes:
              - {name: a, uri: "qemu+ssh://a/system", sshKeyFile: &key /etc/key}
              - {name: b, uri: "qemu+ssh://b/system", sshKeyFile: *key}
            """
        #expect(try configuration(text).nodes.count == 2)
    }

    @Test func `a node takes ten thousand machines and not one more`() throws {
        func text(_ count: Int) -> String {
            "nodes:\n- name: a\n  static:\n"
                + (0..<count).map { "  - {name: m\($0), vnc: h:\($0 % 60_000 + 1)}\n" }.joined()
        }
        guard case .static(let machines) = try configuration(text(10_000)).nodes[0].kind else {
            Issue.record("no static node")
            return
        }
        #expect(machines.count == 10_000)
        #expect(problems(text(10_001)).first?.contains("at most 10000 elements") == true)
    }
}

@Suite struct ConfigurationFileTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("c-\(UUID().uuidString).yaml").path

    private func code(_ path: String) -> GatehouseError.Code? {
        do {
            _ = try Configuration.load(path: path)
            return nil
        } catch {
            return (error as? GatehouseError)?.code
        }
    }

    @Test func `relative paths start at the file`() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "dataDirectory: here".write(toFile: path, atomically: true, encoding: .utf8)
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        #expect(try Configuration.load(path: path).dataDirectory == directory + "/here")
    }

    @Test func `a missing, large, binary or special file is refused`() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(code(path) == .notFound)
        #expect(code("/dev/zero") == .storageFailed)
        #expect(code("/tmp") == .storageFailed)
        try Data(repeating: 0x23, count: Configuration.mostBytes + 1).write(to: URL(fileURLWithPath: path))
        #expect(code(path) == .invalidParameters)
        try Data(repeating: 0x23, count: Configuration.mostBytes).write(to: URL(fileURLWithPath: path))
        #expect(code(path) == nil)
        try Data([0x61, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: path))
        #expect(code(path) == .invalidParameters)
    }
}
