// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import PluginProtocol
import Testing

/// The guide "Write a plugin", beside the examples and the contract that it speaks of.
@Suite struct GuideTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static func guide() throws -> String {
        try text("Sources/gatehoused/Documentation.docc/Guides/Write-a-plugin.md")
    }

    /// The guide's code in one language.
    private static func code(_ language: String) throws -> [String] {
        try guide().components(separatedBy: "```\(language)\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
    }

    @Test func `the guide shows the examples as they are`() throws {
        #expect(try Self.code("python") == [Self.text("Examples/hello-python/hello.py")])
        #expect(try Self.code("yaml") == [Self.text("Examples/hello-python/plugin.yaml")])
        #expect(try Self.code("swift") == [Self.text("Examples/hello-swift/Sources/main.swift")])
    }

    @Test func `the guide begins with a whole plugin in Python of at most 40 lines without any library`() throws {
        let text = try Self.guide()
        let first = try #require(text.range(of: "```"))
        #expect(text[first.lowerBound...].hasPrefix("```python\n"))
        let lines = try #require(Self.code("python").first).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropLast()
        #expect(lines.count <= 40 && lines.allSatisfy { $0.count <= 120 })
        let imports = lines.filter { $0.hasPrefix("import ") || $0.hasPrefix("from ") }
        #expect(imports == ["import json, sys, urllib.parse"])
    }

    @Test func `the guide names every message and every field of the manifest`() throws {
        let text = try Self.guide()
        let definitions = try #require(ContractSchema.document()["$defs"]?.objectValue)
        for name in definitions.keys where name != "manifest" && !name.hasSuffix(" result") {
            #expect(text.contains("`\(name)`") || text.contains("\"method\":\"\(name)\""), "\(name)")
            for field in definitions[name]?["properties"]?["params"]?["properties"]?.objectValue?.keys.sorted() ?? [] {
                #expect(text.contains("`\(field)`") || text.contains("\"\(field)\""), "\(name): \(field)")
            }
        }
        let manifest = try Manifest.schema.get()
        for field in manifest.properties.keys { #expect(text.contains("`\(field)`"), "\(field)") }
        for list in ["routes", "polls", "pages"] {
            for field in manifest.properties[list]?.items.first?.properties.keys.sorted() ?? [] {
                #expect(text.contains("`\(field)`") || text.contains("`\(field): true`"), "\(list): \(field)")
            }
        }
    }
}
