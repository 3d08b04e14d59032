// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import ZentificPlugin

/// The page of the documents that lists every method, made from the table.
@Suite struct MethodPageTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Sources/gatehoused/Documentation.docc/Guides/Zentific-methods.md").standardized

    private static func parameters(_ method: ZentificMethod) -> String {
        method.parameters.map { parameter in
            let text = "\(parameter.name): \(parameter.kind.words)"
            return parameter.isOptional ? "[\(text)]" : text
        }.joined(separator: ", ")
    }

    private static func row(_ method: ZentificMethod) throws -> String {
        let reach = try #require(ZentificTable.reach[method.name], "\(method.name) has no reach")
        let names = ([method.name] + method.aliases).map { "`\($0)`" }.joined(separator: ", ")
        let calls = reach.calls.map { "`\($0)`" }.joined(separator: ", ")
        let origin = PublishedMethods.all.contains(method.name) ? "published" : "later"
        let cells = [names, parameters(method), method.returns, reach.need.rawValue, calls, origin]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private static func page() throws -> String {
        let spaces = Dictionary(grouping: ZentificTable.methods) { String($0.name.prefix { $0 != "." }) }
        var lines = [
            "# Zentific's methods", "",
            "Every method that the plugin `zentific` answers, and what of Gatehouse's own API each one calls.", "",
            "## Overview", "",
            "What the values mean, the structs and the faults are in the README of the plugin. A parameter in brackets may",
            "be left out. Methods whose origin is *published* are those of the document that Zentific published; the others",
            "came with later servers. This page is made from the plugin's table, and a test holds the two together.",
        ]
        for name in spaces.keys.sorted() {
            lines += [
                "", "### \(name)", "", "| method | parameters | returns | needs | calls | origin |",
                "|---|---|---|---|---|---|",
            ]
            lines += try (spaces[name] ?? []).sorted { $0.name < $1.name }.map(row)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func `the page in the documents is the one that the table makes`() throws {
        let text = try Self.page()
        if ProcessInfo.processInfo.environment["GATEHOUSE_WRITE_METHODS"] != nil {
            try Data(text.utf8).write(to: Self.file)
        }
        #expect(
            try String(contentsOf: Self.file, encoding: .utf8) == text,
            "Run this test with GATEHOUSE_WRITE_METHODS=1 to write the page again.")
    }

    @Test func `the reach has each method once, and no other`() {
        #expect(Set(ZentificTable.reach.keys) == Set(ZentificTable.methods.map(\.name)))
        for method in ZentificTable.methods {
            let need = ZentificTable.reach[method.name]?.need
            #expect((need == .nothing) == method.isOpen, "\(method.name)")
        }
    }
}

extension ZentificKind {
    /// What it takes, in words.
    fileprivate var words: String {
        switch self {
        case .text: "string"
        case .uuid: "UUID"
        case .int: "int"
        case .flag: "0 or 1"
        case .members: "struct"
        case .ints: "array of int"
        }
    }
}
