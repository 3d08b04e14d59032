// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Words that would tie the repository to somebody's machine, mirror or way of working.
///
/// They are put together from parts, so that this file does not hold them itself.
enum IndependenceRule {
    /// Package registries: what is fetched comes through the machine's own configuration.
    static let registries = [
        ["deb", "debian", "org"], ["security", "debian", "org"], ["ftp", "debian", "org"],
        ["snapshot", "debian", "org"],
        ["pypi", "org"], ["files", "pythonhosted", "org"], ["registry", "npmjs", "org"],
        ["registry", "yarnpkg", "com"],
        ["unpkg", "com"], ["cdn", "jsdelivr", "net"], ["cdnjs", "cloudflare", "com"], ["proxy", "golang", "org"],
        ["crates", "io"], ["archive", "ubuntu", "com"],
    ].map { $0.joined(separator: ".") }

    /// Places and habits of whoever writes this: they mean nothing to a reader.
    static let habits = [
        ["/work", "/shared"], ["/work", "/dev"], ["/work", "/main"], ["the br", "ief"], ["this se", "ssion of work"],
        ["langu", "age model"], ["Chat", "GPT"], ["Clau", "de"], ["Open", "AI"], ["Co", "pilot"], ["sub", "agent"],
        ["steering", " repo"], ["AI", "-generated"],
    ].map { $0.joined() }

    /// The words of a list that a file holds, in any case of letters.
    static func faults(in file: RepositoryFile, words: [String]) -> [String] {
        let text = file.text.lowercased()
        return words.filter { text.contains($0.lowercased()) }.map { "\(file.path): \($0)" }
    }
}

@Suite struct IndependenceTests {
    private static let files = Repository.files.filter { $0.name != "LICENSE" && $0.name != "Package.resolved" }

    @Test func `no file names a package registry`() {
        #expect(Self.files.flatMap { IndependenceRule.faults(in: $0, words: IndependenceRule.registries) } == [])
    }

    @Test func `no file speaks of how it came to be`() {
        #expect(Self.files.flatMap { IndependenceRule.faults(in: $0, words: IndependenceRule.habits) } == [])
    }

    @Test(arguments: IndependenceRule.registries + IndependenceRule.habits)
    func `each such word is found`(word: String) {
        let file = RepositoryFile(path: "README.md", text: "See \(word.uppercased()).\n")
        #expect(IndependenceRule.faults(in: file, words: IndependenceRule.registries + IndependenceRule.habits) != [])
    }
}
