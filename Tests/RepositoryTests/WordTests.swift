// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A word that has no place in some part of the repository.
struct ForbiddenWord {
    /// How it is spelled in a report.
    let name: String
    /// A regular expression that finds it.
    let pattern: String
    /// Folders and files in which it may stand.
    var allowedIn: [String] = []
    /// Whether comments count too; strings always count then.
    var inComments = false
}

/// Which words are forbidden in the products' sources.
enum WordRule {
    /// Ways to fail without saying so, or around a check.
    static let words = [
        ForbiddenWord(name: "try!", pattern: #"\btry!"#),
        ForbiddenWord(name: "as!", pattern: #"\bas!"#),
        ForbiddenWord(name: "fatalError(", pattern: #"\bfatalError\("#),
        ForbiddenWord(name: "print(", pattern: #"(?m)(^|[^.\w])(debugPrint|print)\("#),
        ForbiddenWord(name: "Task.detached", pattern: #"\bTask\.detached\b"#),
        ForbiddenWord(name: "Thread.sleep", pattern: #"\b(Thread\.sleep|usleep|sleep)\(|\bThread\.sleep"#),
        ForbiddenWord(name: "unsafe", pattern: #"\bunsafe\b"#, allowedIn: placesForUnsafe),
        ForbiddenWord(
            name: "@unchecked Sendable", pattern: #"@unchecked\s+Sendable"#, allowedIn: ["Sources/Libvirt"]),
        ForbiddenWord(name: "nonisolated(unsafe)", pattern: #"nonisolated\(unsafe\)"#, allowedIn: ["Sources/Libvirt"]),
        ForbiddenWord(name: "TO" + "DO", pattern: #"\b(TO"# + #"DO|FIX"# + #"ME|XX"# + #"X)\b"#, inComments: true),
    ]

    /// Where C is called.
    static let placesForUnsafe = [
        "Sources/Libvirt", "Sources/HostSystem", "Sources/Console/VNCAuthentication.swift",
        // swift-crypto gives a derived key's bytes by pointer only.
        "Sources/Core/Accounts/PasswordHasher.swift",
    ]

    /// Where a Swift file uses a forbidden word.
    static func faults(in file: RepositoryFile) throws -> [String] {
        let code = SwiftText.code(of: file.text)
        return try words.flatMap { word -> [String] in
            guard !word.allowedIn.contains(where: { file.path == $0 || file.isBelow($0) }) else { return [] }
            return try lines(of: word.inComments ? file.text : code, that: word.pattern).map {
                "\(file.path):\($0): \(word.name)"
            }
        }
    }

    private static func lines(of text: String, that pattern: String) throws -> [Int] {
        let expression = try Regex(pattern)
        guard text.contains(expression) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { $0.element.contains(expression) }.map { $0.offset + 1 }
    }
}

/// Endings of type names that say nothing.
enum NameRule {
    static let endings = ["Manager", "Helper", "Util", "Utils", "Common", "Impl", "Base", "Data", "Info"]

    /// The types and files whose names end so.
    static func faults(in file: RepositoryFile) -> [String] {
        let code = SwiftText.code(of: file.text)
        let types = code.matches(of: /\b(?:class|struct|enum|actor|protocol|typealias)\s+([A-Z]\w*)/).map {
            String($0.output.1)
        }
        let fileName = file.name.split(separator: ".").first.map(String.init) ?? ""
        return Set(types + [fileName]).sorted().filter { name in endings.contains { name.hasSuffix($0) } }
            .map { "\(file.path): \($0)" }
    }
}

@Suite struct WordTests {
    private static let sources = Repository.files.filter { $0.suffix == "swift" && $0.isBelow("Sources") }

    @Test func `the sources use no forbidden word`() throws {
        let faults = try Self.sources.flatMap(WordRule.faults)
        #expect(faults == [])
    }

    @Test func `no type has a name that says nothing`() {
        let files = Repository.files.filter { $0.suffix == "swift" }
        #expect(files.flatMap(NameRule.faults) == [])
    }

    @Test func `no test is called test`() {
        let files = Repository.files.filter { $0.suffix == "swift" && $0.isBelow("Tests") }
        let found = files.filter { SwiftText.code(of: $0.text).contains(/func test[A-Z_]/) }
        #expect(found.map(\.path) == [])
    }

    @Test(
        arguments: [
            "let a = try! b()", "let a = b as! C", "fatalError(\"a\")", "print(a)", "Task.detached { }",
            "Thread.sleep(forTimeInterval: 1)", "unsafe call()", "final class A: @unchecked Sendable {}",
            "nonisolated(unsafe) var a = 1", "// TO" + "DO later",
        ])
    func `each forbidden word is found`(line: String) throws {
        #expect(try WordRule.faults(in: RepositoryFile(path: "Sources/Core/A.swift", text: line)) != [])
    }

    @Test(arguments: ["// print(a)", "let a = \"try! as!\"", "log.print(a)", "blueprint(a)", "let unsafely = 1"])
    func `a word in a comment, in a string or inside another word is not`(line: String) throws {
        #expect(try WordRule.faults(in: RepositoryFile(path: "Sources/Core/A.swift", text: line)) == [])
    }

    @Test func `unsafe may stand where C is called`() throws {
        let file = RepositoryFile(path: "Sources/Libvirt/A.swift", text: "unsafe call()")
        #expect(try WordRule.faults(in: file) == [])
    }

    @Test(arguments: ["struct LoginHelper {}", "actor NodeManager {}", "enum MachineInfo {}", "protocol RowBase {}"])
    func `each forbidden ending is found`(line: String) {
        #expect(NameRule.faults(in: RepositoryFile(path: "A.swift", text: line)).count == 1)
    }
}

@Suite struct SwiftTextTests {
    @Test(
        arguments: [
            (#"a("x { y") { b"#, "a( ) { b"), ("a // b {", "a "), ("a /* { /* } */ */ b", "a b"),
            (#"a "\(b("}")) {" c"#, "a b( ) c"), ("func `a { b`() {", "func () {"), ("a #\"}\"# b", "a b"),
            ("#/[\"{]/# b", " b"), ("a \" b\nc }", "a \nc }"), ("a \"\"\"\n }\n\"\"\" {", "a \n \n {"),
        ])
    func `only code is left, and every character keeps its place`(source: String, code: String) {
        let left = SwiftText.code(of: source)
        #expect(left.replacing(#/\ +/#, with: " ") == code)
        #expect(left.utf8.count == source.utf8.count)
    }
}
