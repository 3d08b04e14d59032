// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Model
import PluginProtocol
import TestRandom
import Testing

@testable import PluginHost

@Suite struct LoadingTests {
    /// A folder of a test's own.
    private final class Scratch {
        let path: String

        init() throws {
            path = "/tmp/gatehouse-\(UUID().uuidString.prefix(13).lowercased())"
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try write(LoadingTests.manifest, "plugin/plugin.yaml")
            try write("print(1)\n", "plugin/main.py")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ text: String, _ name: String, mode: Int = 0o644) throws {
            let file = URL(filePath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                atPath: file.deletingLastPathComponent().path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
            try Data(text.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }

        func load(pin: String? = nil, limits: FolderLimits = FolderLimits()) throws -> PluginCandidate {
            let store = PluginStore(folder: "\(path)/store", limits: limits)
            return try PluginCandidate.load(folder: "\(path)/plugin", into: store, pin: pin)
        }

        func refusal(limits: FolderLimits = FolderLimits()) -> GatehouseError? {
            do {
                _ = try load(limits: limits)
                return nil
            } catch {
                return error as? GatehouseError
            }
        }
    }

    private static let manifest = """
        name: hello
        version: 1.0.0
        description: Says hello.
        contract: { from: 1, to: 1 }
        parts: [rpc]
        command: [python3, main.py]
        routes: [{ path: /hello }]

        """

    @Test func `the copy is private, read-only and named by a digest that a shell can take too`() async throws {
        let scratch = try Scratch()
        try scratch.write("#!/bin/sh\n", "plugin/tools/run", mode: 0o755)
        let candidate = try scratch.load()
        let script = """
            cd \(scratch.path)/plugin
            find . -type f | sed 's|^./||' | LC_ALL=C sort | while read -r path; do
                [ -x "$path" ] && [ "$path" = tools/run ] && mark=x || mark=-
                echo "$(sha256sum < "$path" | cut -d' ' -f1) $mark $path"
            done | sha256sum | cut -d' ' -f1
            """
        #expect(try await Shell.run(script) == candidate.digest)
        #expect(
            try await Shell.run("cd \(candidate.copy) && stat -c '%a %n' . plugin.yaml tools tools/run")
                == "700 .\n400 plugin.yaml\n700 tools\n500 tools/run")
        #expect(candidate.manifest.name == "hello")
        #expect(try candidate.command(root: "/plugin") == ["/usr/bin/python3", "main.py"])
        #expect(try scratch.load(pin: candidate.digest).digest == candidate.digest)
        let wrong = #expect(throws: GatehouseError.self) { try scratch.load(pin: String(repeating: "0", count: 64)) }
        #expect(wrong?.message.contains(candidate.digest) == true)
    }

    @Test func `a changed byte, name or mode changes the digest, a time does not`() throws {
        let scratch = try Scratch()
        let first = try scratch.load().digest
        try scratch.write("print(1)\n", "plugin/main.py")
        #expect(try scratch.load().digest == first)
        try scratch.write("print(2)\n", "plugin/main.py")
        let second = try scratch.load().digest
        try scratch.write("print(2)\n", "plugin/main.py", mode: 0o755)
        let third = try scratch.load().digest
        try scratch.write("", "plugin/other")
        #expect(Set([first, second, third, try scratch.load().digest]).count == 4)
    }

    @Test(arguments: ["plugin/main.py", "plugin/sub/link", "plugin/folder"])
    func `a link is refused and named`(name: String) throws {
        let scratch = try Scratch()
        try scratch.write("x", "plugin/sub/file")
        try? FileManager.default.removeItem(atPath: "\(scratch.path)/\(name)")
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/\(name)", withDestinationPath: name.hasSuffix("folder") ? "/etc" : "/etc/passwd")
        let refusal = scratch.refusal()
        #expect(refusal?.code == .invalidParameters && refusal?.message.contains("\(name) is a link") == true)
    }

    @Test(arguments: [("plugin/main.py", 0o666), ("plugin/main.py", 0o664), ("plugin", 0o777), ("plugin/sub", 0o775)])
    func `what others can write is refused, with what to do`(name: String, mode: Int) throws {
        let scratch = try Scratch()
        try scratch.write("x", "plugin/sub/file")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(scratch.path)/\(name)")
        let refusal = scratch.refusal()
        #expect(refusal?.code == .forbidden && refusal?.message.contains("chmod go-w") == true)
        #expect(refusal?.message.contains("\(scratch.path)/\(name) ") == true)
    }

    @Test(.enabled(if: effectiveUser() == 0)) func `what belongs to another user is refused`() async throws {
        let scratch = try Scratch()
        _ = try await Shell.run("chown 12345 \(scratch.path)/plugin/main.py")
        let refusal = scratch.refusal()
        #expect(refusal?.code == .forbidden && refusal?.message.contains("belongs to user 12345") == true)
    }

    @Test func `a pipe is refused without waiting for its writer`() async throws {
        let scratch = try Scratch()
        _ = try await Shell.run("mkfifo -m 600 \(scratch.path)/plugin/pipe")
        #expect(scratch.refusal()?.message.contains("neither a file nor a folder") == true)
    }

    @Test func `too many files, too many bytes and too many folders in folders are refused`() throws {
        let scratch = try Scratch()
        try scratch.write("x", "plugin/a/b/c/file")
        #expect(scratch.refusal(limits: FolderLimits(files: 2))?.code == .limitExceeded)
        #expect(scratch.refusal(limits: FolderLimits(bytes: 100))?.code == .limitExceeded)
        #expect(scratch.refusal(limits: FolderLimits(depth: 2))?.code == .limitExceeded)
        #expect(scratch.refusal(limits: FolderLimits(files: 3, bytes: 1000, depth: 3)) == nil)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/store")
        #expect(left.count == 1)
    }

    @Test func `copies stay where another one was begun since it was settled which are used`() throws {
        let scratch = try Scratch()
        let store = PluginStore(folder: "\(scratch.path)/store")
        let first = try store.keep("\(scratch.path)/plugin")
        let mark = store.mark
        try scratch.write("x", "plugin/more")
        let second = try store.keep("\(scratch.path)/plugin")
        store.removeAll(except: [first], since: mark)
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: store.folder)) == [first, second])
        store.removeAll(except: [first], since: store.mark)
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == [first])
    }

    @Test func `a command that is nowhere, or can not be executed, is refused with what to do`() throws {
        let scratch = try Scratch()
        for (command, says) in [("nowhere", "neither a file of its folder"), ("main.py", "chmod +x")] {
            try scratch.write(
                Self.manifest.replacing("python3, main.py", with: command), "plugin/plugin.yaml")
            let candidate = try scratch.load()
            let refusal = #expect(throws: GatehouseError.self) { try candidate.command(root: "/plugin") }
            #expect(refusal?.message.contains(says) == true)
        }
    }

    @Test func `a page whose file is missing is refused`() throws {
        let scratch = try Scratch()
        let page = "pages: [{ name: main, title: Main, file: main.html }]\n"
        let manifest = Self.manifest.replacing("[rpc]", with: "[rpc, frontend]") + page
        try scratch.write(manifest, "plugin/plugin.yaml")
        #expect(scratch.refusal()?.message.contains("www/main.html, which is not there") == true)
        try scratch.write("x", "plugin/www/main.html")
        #expect(try scratch.load().pages.file("main.html")?.bytes == Array("x".utf8))
    }

    @Test func `the first of two plugins with one name counts, broken ones are shown, others are passed over`() throws {
        let scratch = try Scratch()
        try scratch.write(Self.manifest, "one/hello/plugin.yaml")
        try scratch.write(Self.manifest, "two/hello/plugin.yaml")
        try scratch.write("name: {", "two/broken/plugin.yaml")
        try scratch.write("x", "two/nothing/file")
        try scratch.write(Self.manifest, "two/.hidden/plugin.yaml")
        let (found, problems) = PluginSearch.find(in: ["one", "two", "three"].map { "\(scratch.path)/\($0)" })
        #expect(found.map(\.name) == ["hello", "broken"])
        #expect(found.first?.folder.hasSuffix("one/hello") == true)
        #expect(problems.count == 2 && problems.first?.contains("is named hello too") == true)
        #expect(problems.last?.contains("three is not there") == true)
    }
}

@Suite struct ManifestFileTests {
    @Test func `plain values are numbers and words, quoted ones are strings`() throws {
        let text = "a: 1\nb: \"1\"\nc: 1.5\nd: true\ne: yes\nf: [~, null, x]\ng: 1.2.3\nh: \"\"\ni:\n"
        let value: JSONValue = [
            "a": 1, "b": "1", "c": .double(1.5), "d": true, "e": "yes", "f": [.null, .null, "x"], "g": "1.2.3",
            "h": "", "i": .null,
        ]
        #expect(try ManifestFile.value(Array(text.utf8)) == value)
    }

    @Test(
        arguments: [
            ("a: &x 1\nb: *x", "anchors"), ("a: 1\na: 2", "twice"), ("<<: {a: 1}", "merging"), ("", "empty"),
            ("a: [", "line"), ("? [a]\n: b", "a key must be a word"),
            (String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "deeper"),
            ("a: \u{7}", "character"),
        ])
    func `what is not plain YAML is refused and says where`(text: String, says: String) {
        let refusal = #expect(throws: GatehouseError.self) { try ManifestFile.value(Array(text.utf8)) }
        #expect(refusal?.message.contains(says) == true, "\(refusal?.message ?? "")")
    }

    @Test func `what is no UTF-8 or too long is refused`() {
        #expect(throws: GatehouseError.self) { try ManifestFile.value([0x61, 0xFF]) }
        #expect(throws: GatehouseError.self) {
            try ManifestFile.value([UInt8](repeating: 0x61, count: ManifestFile.mostBytes + 1))
        }
    }

    @Test func `no bytes make it do anything but answer or refuse`() {
        var random = SeededGenerator(seed: 7)
        let seed = Array("name: {a: [1, \"b\"], c: 'd'}\ne: |\n  text\n".utf8)
        for _ in 0..<3_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1..<6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0..<128, using: &random)
            }
            do {
                _ = try ManifestFile.value(bytes)
            } catch {
                #expect(error is GatehouseError)
            }
        }
    }
}
