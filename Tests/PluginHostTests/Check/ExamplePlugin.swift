// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Folders of plugins to check: the examples, and the Python one made wrong.
struct ExamplePlugin {
    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Where the tests' own bundle lies, and the programs beside it.
    static var programs: URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    static var launcher: String { programs.appending(path: "gatehouse-launch").path }

    /// A folder of its own, which `remove` takes away.
    let folder: URL

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "example-plugin-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }

    private func add(_ name: String, _ text: String) throws {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: "Examples/\(path)"), encoding: .utf8)
    }

    /// The Python plugin, with changes to its code and its manifest; each must find its place.
    static func python(
        code changes: [(String, String)] = [], manifest: [(String, String)] = []
    ) throws -> ExamplePlugin {
        let plugin = try ExamplePlugin()
        for (file, changes) in [("hello.py", changes), ("plugin.yaml", manifest)] {
            var text = try text("hello-python/\(file)")
            for (old, new) in changes {
                guard text.contains(old) else { throw CocoaError(.featureUnsupported, userInfo: ["missing": old]) }
                text = text.replacing(old, with: new)
            }
            try plugin.add(file, text)
        }
        return plugin
    }

    /// The Swift plugin, as it is installed.
    static func swift() throws -> ExamplePlugin {
        let plugin = try ExamplePlugin()
        try plugin.add("plugin.yaml", try text("hello-swift/plugin.yaml"))
        try FileManager.default.copyItem(
            at: programs.appending(path: "hello-plugin"), to: plugin.folder.appending(path: "hello-plugin"))
        return plugin
    }

    /// A plugin with pages only.
    static func pages() throws -> ExamplePlugin {
        let plugin = try ExamplePlugin()
        try plugin.add(
            "plugin.yaml",
            """
            name: paper
            version: 1.0.0
            description: A page.
            contract: { from: 1, to: 1 }
            parts: [frontend]
            pages: [{ name: paper, title: Paper, file: index.html }]
            """)
        try FileManager.default.createDirectory(
            at: plugin.folder.appending(path: "www"), withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o755])
        try plugin.add("www/index.html", "<!doctype html><title>Paper</title>")
        return plugin
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
