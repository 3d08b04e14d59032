// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// How long a file and a function may be.
enum LengthRule {
    static let sourceSuffixes: Set = ["swift", "js", "mjs", "css", "html", "py", "sh", "h", "c"]
    static let hardLimit = 500
    static let hardLimitOfTests = 800
    static let functionLimit = 60

    /// The files that are too long.
    static func longFiles(_ files: [RepositoryFile]) -> [String] {
        files.compactMap { file in
            guard sourceSuffixes.contains(file.suffix) else { return nil }
            let limit = file.isBelow("Tests") ? hardLimitOfTests : hardLimit
            return file.lineCount > limit ? "\(file.path): \(file.lineCount) lines, at most \(limit)" : nil
        }
    }

    /// The functions of a Swift file that are too long, by the lines from their name to their last brace.
    static func longFunctions(_ file: RepositoryFile) -> [String] {
        let lines = SwiftText.code(of: file.text).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { start in
            guard lines[start].contains(/(^|\s)(func\b|init[?(<]|deinit\b|subscript[(<])/) else { return nil }
            let length = extent(of: lines[start...])
            return length > functionLimit
                ? "\(file.path):\(start + 1): \(length) lines, at most \(functionLimit)" : nil
        }
    }

    /// How many lines there are up to the brace that closes the first one; 1 where there is no body.
    private static func extent(of lines: ArraySlice<Substring>) -> Int {
        var depth = 0
        var parentheses = 0
        for (count, line) in lines.enumerated() {
            for character in line {
                switch character {
                case "(": parentheses += 1
                case ")": parentheses -= 1
                case "{": depth += 1
                case "}":
                    depth -= 1
                    if depth <= 0, parentheses <= 0 { return count + 1 }
                default: break
                }
            }
            // A requirement of a protocol has no brace of its own.
            if depth == 0, parentheses == 0, count > 2 { return 1 }
        }
        return 1
    }
}

@Suite struct LengthTests {
    @Test func `no file is too long`() {
        #expect(LengthRule.longFiles(Repository.files) == [])
    }

    @Test func `no function is too long`() {
        let files = Repository.files.filter { $0.suffix == "swift" }
        #expect(files.flatMap(LengthRule.longFunctions) == [])
    }

    @Test func `a file of 501 lines is found, a test of that length is not`() {
        let text = String(repeating: "let a = 1\n", count: 501)
        let files = ["Sources/A/A.swift", "Tests/ATests/ATests.swift", "README.md"].map {
            RepositoryFile(path: $0, text: text)
        }
        #expect(LengthRule.longFiles(files) == ["Sources/A/A.swift: 501 lines, at most 500"])
    }

    @Test(arguments: [(58, 0), (59, 1)])
    func `a function is measured with its braces, whatever its strings hold`(lines: Int, found: Int) {
        let body = Array(repeating: #"    call("}}}") // }"#, count: lines).joined(separator: "\n")
        let text = "struct A {\nfunc a() {\n\(body)\n}\n\nfunc b() {}\n}\n"
        #expect(LengthRule.longFunctions(RepositoryFile(path: "A.swift", text: text)).count == found)
    }

    @Test func `a requirement without a body is not measured`() {
        let rest = String(repeating: "    func b()\n", count: 70)
        let text = "protocol A {\n    func a(\n        _ b: Int\n    )\n\(rest)}\n"
        #expect(LengthRule.longFunctions(RepositoryFile(path: "A.swift", text: text)) == [])
    }
}
