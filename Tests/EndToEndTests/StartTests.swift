// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import TestSupport
import Testing

/// What keeps the daemon from starting is said in words.
@Suite struct StartTests {
    private func run(_ configuration: JSONValue, _ arguments: String...) async throws -> Finished {
        let scratch = try ScratchDirectory()
        return try await run(JSONWriter.text(configuration), arguments, in: scratch)
    }

    private func run(_ text: String, _ arguments: [String], in scratch: ScratchDirectory) async throws -> Finished {
        let path = scratch.file("gatehouse.yaml")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return try await Finished.run(Programs.daemon, ["--config", path] + arguments, within: .seconds(15))
    }

    @Test func `a second daemon on the same data is refused, and the first goes on`() async throws {
        try await withGateway(superuser: false) { gateway in
            let scratch = try ScratchDirectory()
            let second: JSONValue = [
                "listen": ["address": "127.0.0.1", "port": .int(Int64(try await FreePort.find())), "tls": "off"],
                "dataDirectory": .string(gateway.directory.file("data")), "runDirectory": .string(scratch.file("run")),
                "webDirectory": .string("\(Programs.root)/www"), "nodes": [],
            ]
            let done = try await run(second)
            #expect(done.end == .status(1))
            #expect(done.error.contains(gateway.directory.file("data")))
            #expect(done.error.contains("another") || done.error.contains("already"))
            #expect(try await APIClient(gateway).call("setup.status")["needed"] == true)
        }
    }

    @Test func `a second daemon with the same run directory does not take the first one's socket away`() async throws {
        try await withGateway { gateway in
            let scratch = try ScratchDirectory()
            let second: JSONValue = [
                "listen": ["address": "127.0.0.1", "port": .int(Int64(try await FreePort.find())), "tls": "off"],
                "dataDirectory": .string(scratch.file("data")),
                "runDirectory": .string(gateway.directory.file("run")),
                "webDirectory": .string("\(Programs.root)/www"), "nodes": [],
            ]
            let done = try await run(second)
            #expect(done.end == .status(1))
            #expect(done.error.contains("runDirectory"))
            let status = try await gateway.command("status")
            #expect(status.end == .status(0), "\(status.error)")
            #expect(FileManager.default.fileExists(atPath: gateway.tokenPath))
        }
    }

    @Test func `a port that is taken is named`() async throws {
        let other = try await TextSource()
        let scratch = try ScratchDirectory()
        let done = try await run([
            "listen": ["address": "127.0.0.1", "port": .int(Int64(other.port)), "tls": "off"],
            "dataDirectory": .string(scratch.file("data")), "runDirectory": .string(scratch.file("run")),
            "webDirectory": .string("\(Programs.root)/www"), "nodes": [],
        ])
        await other.close()
        #expect(done.end == .status(1))
        #expect(done.error.contains("\(other.port)"))
        #expect(done.error.contains("in use"))
        #expect(!done.error.contains("info ready"))
        for name in ["run/gatehouse.sock", "run/admin-token"] {
            #expect(!FileManager.default.fileExists(atPath: scratch.file(name)), "\(name) was left")
        }
    }

    @Test func `without a node it runs and waits`() async throws {
        var settings = GatewaySettings(nodes: [])
        settings.other["nodes"] = []
        try await withGateway(settings, superuser: false) { gateway in
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await APIClient(gateway).call("setup.status")["needed"] == true)
        }
    }

    @Test(
        .enabled(
            if: !["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"].contains(
                where: FileManager.default.fileExists),
            "a libvirtd runs on this host"))
    func `a libvirtd that is not there is named on the page of nodes, with what to do`() async throws {
        let settings = GatewaySettings(nodes: [["name": "here", "uri": "qemu:///system"]])
        try await withGateway(settings) { gateway in
            let admin = try await gateway.admin()
            func node() async throws -> JSONValue? {
                try await admin.call("node.list")["nodes"]?.arrayValue?.first { $0["name"] == "here" }
            }
            try await eventually("it is unreachable") { try await node()?["state"] == "unreachable" }
            let reason = try await node()?["reason"]?.stringValue ?? ""
            #expect(reason.contains("libvirt-sock") && reason.contains("systemctl start libvirtd"), "\(reason)")
        }
    }

    @Test func `an unknown key is refused with its place and a guess`() async throws {
        let scratch = try ScratchDirectory()
        let done = try await run("listen:\n  prot: 8443\n", [], in: scratch)
        #expect(done.end == .status(78))
        #expect(done.error.contains("\(scratch.file("gatehouse.yaml")):2:"))
        #expect(done.error.contains("prot"))
        #expect(done.error.contains("port"))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("data")))
    }

    @Test func `files of conf d are read over the configuration, and their mistakes have a place`() async throws {
        let scratch = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: scratch.file("conf.d"), withIntermediateDirectories: false)
        let part = scratch.file("conf.d/50-debconf.yaml")
        try Data("listen:\n  port: 9443\n".utf8).write(to: URL(fileURLWithPath: part))
        let text = "listen: {address: 127.0.0.1, port: 8000}\n"
        let printed = try await run(text, ["--print-config"], in: scratch)
        #expect(printed.end == .status(0))
        #expect(printed.output.contains("port: 9443") && printed.output.contains("address: \"127.0.0.1\""))
        try Data("listen:\n  prot: 9443\n".utf8).write(to: URL(fileURLWithPath: part))
        let wrong = try await run(text, ["--check"], in: scratch)
        #expect(wrong.end == .status(78))
        #expect(wrong.error.contains("\(part):2:3: listen.prot:"))
    }

    @Test func `a service refuses machines that would end with it`() async throws {
        let scratch = try ScratchDirectory()
        let text = "nodes: [{name: mine, uri: \"qemu:///session\"}]\n"
        let refused = try await run(text, ["--service", "--check"], in: scratch)
        #expect(refused.end == .status(78))
        #expect(refused.error.contains("\(scratch.file("gatehouse.yaml")):1:"))
        #expect(refused.error.contains("qemu:///system"))
        #expect(try await run(text, ["--check"], in: scratch).end == .status(0))
    }

    @Test func `a file that is not there is a wrong configuration`() async throws {
        let done = try await Finished.run(Programs.daemon, ["--config", "/nowhere/gatehouse.yaml"])
        #expect(done.end == .status(78))
        #expect(done.error.contains("/nowhere/gatehouse.yaml"))
    }

    @Test func `no TLS on an address that others reach is refused`() async throws {
        let done = try await run(["listen": ["address": "0.0.0.0", "tls": "off"]])
        #expect(done.end == .status(78))
        #expect(done.error.contains("loopback"))
    }

    @Test func `checking a configuration starts nothing`() async throws {
        let scratch = try ScratchDirectory()
        let text = "dataDirectory: data\nrunDirectory: run\n"
        let right = try await run(text, ["--check"], in: scratch)
        #expect(right.end == .status(0))
        #expect(!right.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("data")))
        let wrong = try await run(text + "colour: red\n", ["--check"], in: scratch)
        #expect(wrong.end == .status(78))
        #expect(wrong.error.contains(":3:"))
    }

    @Test func `the printed configuration reads back the same`() async throws {
        let scratch = try ScratchDirectory()
        let text = """
            dataDirectory: data
            limits: {batchSize: 7}
            nodes:
              - name: lines
                static: [{name: "a \\"b\\"", text: "127.0.0.1:7000"}]
            """
        let first = try await run(text, ["--print-config"], in: scratch)
        #expect(first.end == .status(0))
        #expect(first.output.contains("batchSize: 7"))
        #expect(first.output.contains(scratch.file("data")))
        let second = try await run(first.output, ["--print-config"], in: scratch)
        #expect(second.output == first.output)
        let defaults = try await Finished.run(Programs.daemon, ["--print-config"])
        #expect(defaults.end == .status(0))
        let back = try await run(defaults.output, ["--print-config"], in: scratch)
        #expect(back.output == defaults.output)
    }

    @Test func `a wrong option is a wrong use`() async throws {
        #expect(try await Finished.run(Programs.daemon, ["--colour"]).end == .status(64))
        let version = try await Finished.run(Programs.daemon, ["--version"])
        #expect(version.end == .status(0))
        #expect(!version.output.isEmpty)
    }

    @Test func `a data directory that can not be written is named`() async throws {
        let scratch = try ScratchDirectory()
        try Data().write(to: URL(fileURLWithPath: scratch.file("file")))
        let done = try await run([
            "listen": ["address": "127.0.0.1", "port": .int(Int64(try await FreePort.find())), "tls": "off"],
            "dataDirectory": .string(scratch.file("file/data")), "runDirectory": .string(scratch.file("run")),
            "webDirectory": .string("\(Programs.root)/www"), "nodes": [],
        ])
        #expect(done.end == .status(1))
        #expect(done.error.contains(scratch.file("file/data")))
    }

    @Test func `what the daemon keeps is for its own user alone`() async throws {
        try await withGateway(superuser: false) { gateway in
            for name in ["data", "run/gatehouse.sock", "run/admin-token"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: gateway.directory.file(name))
                let rights = attributes[.posixPermissions] as? Int ?? 0o777
                #expect(rights & 0o077 == 0, "\(name) has \(String(rights, radix: 8))")
            }
        }
    }
}
