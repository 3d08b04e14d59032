// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Compares what sources import with the table.
enum ImportRule {
    /// The modules that a Swift file imports, each once.
    static func modules(in file: RepositoryFile) throws -> [String] {
        let code = SwiftText.code(of: file.text)
        let kinds = "(?:(?:struct|class|enum|protocol|typealias|func|let|var)\\s+)?"
        let access = #"(?:(?:public|package|internal|fileprivate|private)\s+)?"#
        let expression = try Regex(
            #"(?m)^\s*(?:@\w+(?:\([^)]*\))?\s+)*"# + access + #"import\s+"# + kinds + #"(\w+)"#,
            as: (Substring, Substring).self)
        return Set(code.matches(of: expression).map { String($0.output.1) }).sorted()
    }

    /// The imports of a file below `Sources` that the table does not allow.
    static func faults(in file: RepositoryFile) throws -> [String] {
        let target = String(file.path.split(separator: "/").dropFirst().first ?? "")
        guard let row = ImportTable.row(target) else { return ["\(file.path): no row for \(target) in the table"] }
        return try modules(in: file).filter { !row.allows($0) }.map { "\(file.path): imports \($0)" }
    }
}

@Suite struct ImportTests {
    private static let sources = Repository.files.filter { $0.isBelow("Sources") && $0.suffix == "swift" }

    @Test func `every import is one that the table allows`() throws {
        let faults = try Self.sources.flatMap(ImportRule.faults)
        #expect(faults == [])
    }

    @Test func `no row of the table allows an import that points up`() {
        let order = ImportTable.rows.map(\.target)
        for (place, row) in ImportTable.rows.enumerated() {
            #expect(row.ours.isSubset(of: order.prefix(place)), "\(row.target)")
        }
    }

    @Test func `adapters do not import each other, and only one place imports its technology`() {
        let adapters: Set = ["Libvirt", "Store", "Console", "PluginHost"]
        for row in ImportTable.rows where adapters.contains(row.target) {
            #expect(row.ours.isDisjoint(with: adapters), "\(row.target)")
        }
        for (module, owner) in ["CLibvirt": "Libvirt", "GRDB": "Store", "COpenSSL": "Console", "CVNC": "rfb-snapshot"] {
            #expect(ImportTable.rows.filter { $0.allows(module) }.map(\.target) == [owner])
        }
    }

    @Test func `an import in any of its spellings is read`() throws {
        let text = """
            // SPDX
            import A
            package import B
            @testable import C
            @preconcurrency public import struct D.E
            // import F
            let text = "import G"
            """
        let file = RepositoryFile(path: "Sources/Model/A.swift", text: text)
        #expect(try ImportRule.modules(in: file) == ["A", "B", "C", "D"])
    }

    @Test(arguments: [
        ("Model", "Logging"), ("Store", "Libvirt"), ("Core", "GRDB"), ("Web", "Store"), ("Nobody", "Model"),
    ])
    func `an import that is not in the table is found`(target: String, module: String) throws {
        let file = RepositoryFile(path: "Sources/\(target)/A.swift", text: "import \(module)\n")
        #expect(try ImportRule.faults(in: file).count == 1)
    }

    @Test func `a star stands for every module that begins so`() throws {
        let row = try #require(ImportTable.row("WebSocket"))
        #expect(row.allows("NIOCore") && row.allows("NIOWebSocket") && !row.allows("Hummingbird"))
    }
}
