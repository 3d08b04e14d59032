// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import PluginHost
import TestSupport
import Testing

@testable import gatehoused

/// Reads texts as if they were `gatehouse.yaml` and files of `conf.d`.
private func configuration(_ texts: String..., isService: Bool = false) throws -> Configuration {
    let files = texts.enumerated().map { ConfigurationText(file: "\($0.offset).yaml", text: $0.element) }
    return try Configuration.read(files, directory: "/etc/gatehouse", isService: isService)
}

/// The problems that reading them brings up.
private func problems(_ body: () throws -> Configuration) -> [String] {
    do {
        _ = try body()
        return []
    } catch {
        let message = (error as? GatehouseError)?.message ?? String(describing: error)
        return message.split(separator: "\n").dropFirst().map(String.init)
    }
}

@Suite struct ConfigurationFolderTests {
    private func place(_ files: [String: String]) throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        for (name, text) in files {
            let path = scratch.file(name)
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        return scratch
    }

    @Test func `mappings are joined key by key, and everything else takes the place of what was before`() throws {
        let result = try configuration(
            "listen: {address: 127.0.0.1, port: 1}\nlimits: {consoles: 5, batchSize: 6}\ntrustedProxies: [192.0.2.1]",
            "listen:\n  port: 2\nlimits: {batchSize: 7}\ntrustedProxies: [192.0.2.2]\nlogLevel: debug",
            "listen: {port: 3, tls: off}")
        #expect(result.listen == Listen(address: "127.0.0.1", port: 3, tls: .off))
        #expect(result.limits.consoles == 5 && result.limits.batchSize == 7)
        #expect(result.trustedProxies.map(\.description) == ["192.0.2.2"])
        #expect(result.logLevel == .debug)
    }

    @Test func `a list takes the place of a mapping, and the other way round`() throws {
        let list = try configuration("plugins: {search: [/a], table: [{name: a}]}", "plugins: [{name: b}]")
        #expect(list.plugins.search == PluginTable.standardSearch && list.plugins.rows.map(\.name) == ["b"])
        let mapping = try configuration("plugins: [{name: b}]", "plugins: {search: [/a]}")
        #expect(mapping.plugins.search == ["/a"] && mapping.plugins.rows.isEmpty)
    }

    @Test(arguments: ["", "# nothing\n", "{}"])
    func `a file that says nothing changes nothing`(text: String) throws {
        #expect(try configuration("listen: {port: 7}", text, "logLevel: error").listen.port == 7)
        #expect(try configuration(text, "listen: {port: 7}").listen.port == 7)
        #expect(try configuration(text, text) == .default)
    }

    @Test(
        arguments: [
            ("listen: {port: 1}", "listen:\n  port: x", "1.yaml:2:9: listen.port:"),
            ("listen:\n  port: x", "limits: {}", "0.yaml:2:9: listen.port:"),
            ("listen:\n  prot: 1", "listen:\n\n  port: 1", "0.yaml:2:3: listen.prot:"),
            ("listen:\n  port: 1", "listen:\n\n  prot: 1", "1.yaml:3:3: listen.prot:"),
            ("listen: {port: 1}", "\nlissten: {}", "1.yaml:2:1: lissten:"),
            ("nodes: []", "\n\nnodes:\n  - name: a\n    uri: nothing", "1.yaml:5:10: nodes[0].uri:"),
            ("nodes: []", "- a", "1.yaml:1:1: this must be a mapping"),
            ("- a", "nodes: []", "0.yaml:1:1: this must be a mapping"),
            ("listen: {port: 1}", "listen: 5", "1.yaml:1:9: listen: this must be a mapping"),
            ("listen: {port: 1}", "listen: {port: 1", "1.yaml:"),
            ("listen: {port: 1}", "listen: {[a]: 1}", "1.yaml:1:10: listen: a key must be a word."),
            ("a: 1", "b: 1", "0.yaml:1:1: a:"), ("a: 1", "b: 1", "1.yaml:1:1: b:"),
        ])
    func `a problem is told with the file that it stands in`(first: String, second: String, place: String) {
        let found = problems { try configuration(first, second) }
        #expect(found.contains { $0.hasPrefix(place) }, "\(found)")
    }

    @Test func `the files of conf.d are read in the order of their names, and only those that end in yaml`() throws {
        let scratch = try place([
            "g.yaml": "logLevel: error\ndataDirectory: data",
            "conf.d/9.yaml": "logLevel: notice", "conf.d/10.yaml": "logLevel: debug\nrunDirectory: run",
            "conf.d/99.yaml.dpkg-dist": "logLevel: trace", "conf.d/.99.yaml": "logLevel: trace",
            "conf.d/99.yml": "logLevel: trace",
        ])
        let result = try Configuration.load(path: scratch.file("g.yaml"))
        #expect(result.logLevel == .notice)
        // Paths start at the configuration file's directory in all of them.
        #expect(result.dataDirectory == scratch.file("data") && result.runDirectory == scratch.file("run"))
    }

    @Test func `without the folder there is one file`() throws {
        let scratch = try place(["g.yaml": "logLevel: error"])
        #expect(try Configuration.load(path: scratch.file("g.yaml")).logLevel == .error)
    }

    @Test func `what stands in the way of the folder is named`() throws {
        let file = try place(["g.yaml": "", "conf.d": "x"])
        let folder = try place(["g.yaml": "", "conf.d/a.yaml/x": ""])
        for (scratch, path) in [(file, "conf.d"), (folder, "conf.d/a.yaml")] {
            let error = #expect(throws: GatehouseError.self) { try Configuration.load(path: scratch.file("g.yaml")) }
            #expect(error?.code == .storageFailed && error?.message.contains(scratch.file(path)) == true)
        }
        let names = (0...Configuration.mostFiles).map { ("conf.d/\($0).yaml", "") }
        let many = try place(Dictionary(uniqueKeysWithValues: names + [("g.yaml", "")]))
        #expect(problems { try Configuration.load(path: many.file("g.yaml")) }.first?.contains("at most 64") == true)
    }
}

@Suite struct ServiceConfigurationTests {
    @Test(arguments: ["qemu:///session", "QEMU:///session", "qemu:///session?x=1", "qemu+unix:///session"])
    func `a service refuses nodes whose machines would end with it`(uri: String) {
        let text = "nodes:\n  - {name: a, uri: \"\(uri)\"}"
        #expect(problems { try configuration(text) } == [])
        let found = problems { try configuration(text, isService: true) }
        #expect(found.count == 1 && found.first?.hasPrefix("0.yaml:2:19: nodes[0].uri:") == true, "\(found)")
        #expect(found.first?.contains("qemu:///system") == true)
    }

    @Test(
        arguments: [
            "qemu:///system", "qemu+ssh://root@host/session", "test:///default", "lxc:///",
            "qemu+unix:///session?socket=/run/other",
        ])
    func `a service takes all others`(uri: String) {
        #expect(problems { try configuration("nodes: [{name: a, uri: \"\(uri)\"}]", isService: true) } == [])
    }
}

@Suite struct FirstUserTests {
    @Test func `a first user has a name and a file with the password`() throws {
        let whole = try configuration("firstUser: {name: root, passwordFile: secret}")
        #expect(whole.firstUser == FirstUser(name: "root", passwordFile: "/etc/gatehouse/secret"))
        #expect(try configuration("firstUser: {passwordFile: /s}").firstUser?.name == "admin")
        #expect(try configuration("{}").firstUser == nil)
        #expect(try configuration(whole.printed()) == whole)
    }

    @Test(
        arguments: [
            ("firstUser: {name: a}", "0.yaml:1:12: firstUser: passwordFile is missing."),
            ("firstUser: {password: a}", "0.yaml:1:13: firstUser.password: secrets are not written here."),
            ("firstUser: yes", "0.yaml:1:12: firstUser: this must be a mapping"),
        ])
    func `what is wrong about it is told`(text: String, start: String) {
        let found = problems { try configuration(text) }
        #expect(found.contains { $0.hasPrefix(start) }, "\(found)")
    }

    @Test func `the password is the first line of a file that is closed to others`() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.file("password")
        func write(_ text: String, _ mode: Int) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        for (text, expected) in [("a b c d\n", "a b c d"), ("one\r\ntwo\n", "one"), ("no end", "no end"), ("\nx", "")] {
            try write(text, 0o640)
            #expect(try FirstUserMaking.password(path) == expected)
        }
        try write("secret words\n", 0o644)
        let open = #expect(throws: GatehouseError.self) { try FirstUserMaking.password(path) }
        #expect(open?.message.contains("chmod o=") == true && open?.message.contains("secret") == false)
        try write("", 0o600)
        #expect(throws: GatehouseError.self) { try FirstUserMaking.password(path) }
        #expect(throws: GatehouseError.self) { try FirstUserMaking.password(scratch.path) }
        let missing = #expect(throws: GatehouseError.self) { try FirstUserMaking.password(scratch.file("none")) }
        #expect(missing?.message.contains(scratch.file("none")) == true)
    }
}
