// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import JSONRPC
import Model
import PluginHost
import Testing

@Suite(.timeLimit(.minutes(2)), .enabled("bubblewrap works here") { await Sandbox.probe() == .available })
struct SandboxTests {
    /// A plugin in a sandbox, and things it should not get at.
    private static func attack(
        permissions: String = "[]", script: String = "hostile.py", _ body: (TestHost, JSONValue) async throws -> Void
    ) async throws {
        let row = TestHost.row("hostile") { $0.isSandboxed = nil }
        let plugin = TestHost.Plugin(name: "hostile", script: script, more: "permissions: \(permissions)")
        let test = try TestHost([plugin], rows: [row])
        try test.write("secret", to: "\(test.directory)/data/gatehouse.sqlite")
        try test.write("secret", to: "\(test.directory)/data/tls.key")
        try test.write("secret", to: "\(test.directory)/gatehouse.yaml")
        let socket = "\(test.directory)/admin.socket"
        let listener = try #require(Listener(unix: socket))
        let tcp = try #require(Listener())
        defer { withExtendedLifetime((listener, tcp)) {} }
        let secrets = ["data/gatehouse.sqlite", "data/tls.key", "gatehouse.yaml"].map { "\(test.directory)/\($0)" }
        let order: JSONValue = [
            "read": .array((secrets + ["/etc/shadow", "/root/.profile"]).map(JSONValue.string)),
            "write": .array(
                ["/etc/passwd", "/plugin/plugin.py", "/usr/x", "/run/x", "/proc/sys/kernel/core_pattern"].map(
                    JSONValue.string)),
            "unix": [.string(socket), "/run/libvirt/libvirt-sock", "/var/run/libvirt/libvirt-sock", "/run/dbus/x"],
            "tcp": [.int(Int64(tcp.port))],
        ]
        try await test.run { test in
            let status = try await test.wait("hostile", for: .healthy)
            let log = try await test.log("hostile")
            try #require(status.state == .healthy && status.isSandboxed, "\(status.error ?? "") \(log)")
            try await body(test, test.json("/hostile", body: JSONWriter.text(order)))
        }
    }

    @Test func `a hostile plugin gets nothing that is not its own`() async throws {
        try await Self.attack { test, got in
            #expect(got["read"] == [])
            #expect(got["write"] == [])
            #expect(got["unix"] == [])
            #expect(got["tcp"] == [])
            #expect(got["others"] == [])
            #expect(got["capabilities"] == ["0000000000000000", "0000000000000000", "1"])
            #expect(got["run"] == [])
            #expect(got["home"] == "/data" && got["data"] == true)
            #expect(got["descriptors"]?.arrayValue?.count == 4)
            let variables = got["environment"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(
                Set(variables).isSubset(of: [
                    "HOME", "LANG", "LC_CTYPE", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE", "TMPDIR",
                ]))
            #expect(FileManager.default.fileExists(atPath: "\(test.directory)/data/plugins/data/hostile/mine"))
        }
    }

    @Test func `the network is there where it was granted, and goes with the permission`() async throws {
        try await Self.attack(permissions: "[network]") { test, got in
            #expect(got["tcp"]?.arrayValue?.count == 1 && got["unix"] == [] && got["read"] == [])
            let process = try await test.host.plugin(named: "hostile").process
            let status = try await test.host.modify("hostile", PluginChange(permissions: []))
            #expect(status.process != process && status.state == .healthy)
        }
    }

    @Test func `a process in the sandbox is killed with all it started`() async throws {
        let row = TestHost.row("hello") { $0.isSandboxed = true }
        try await TestHost([.init(name: "hello", mode: "family")], rows: [row]).run { test in
            let process = try #require(try await test.wait("hello", for: .healthy).process)
            #expect(try await test.eventually { children(of: process).count == 8 })
            let family = [process] + children(of: process)
            signal(process, "KILL")
            #expect(try await test.eventually { try await test.host.plugin(named: "hello").figures.restarts == 1 })
            #expect(try await test.get("/hello") == "family:GET:")
            #expect(family.filter(isThere) == [])
            _ = try await test.host.modify("hello", PluginChange(enabled: false))
            #expect(children(of: ProcessTree.own).filter { command(of: $0).contains("hello") } == [])
        }
    }

    @Test func `a hidden path that is a link hides what it leads to`() async throws {
        let link = "/tmp/gatehouse-\(UUID().uuidString.prefix(13).lowercased())"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/etc/ssl")
        defer { try? FileManager.default.removeItem(atPath: link) }
        let row = TestHost.row("hostile") { $0.isSandboxed = true }
        let plugin = TestHost.Plugin(name: "hostile", script: "hostile.py")
        try await TestHost([plugin], rows: [row], hidden: [link]).run { test in
            try await test.wait("hostile", for: .healthy)
            let order: JSONValue = [
                "read": ["/etc/ssl/openssl.cnf", "/etc/passwd"], "write": [], "unix": [], "tcp": [],
            ]
            let got = try await test.json("/hostile", body: JSONWriter.text(order))
            #expect(got["read"] == ["/etc/passwd"])
        }
    }

    private func command(of process: Int) -> String {
        let bytes = (try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))) ?? Data()
        return String(decoding: bytes, as: UTF8.self)
    }
}
