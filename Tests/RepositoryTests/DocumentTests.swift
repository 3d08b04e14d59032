// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the documents say must be there.
enum DocumentRule {
    /// The targets that a Makefile offers in its help.
    static func targets(ofMakefile text: String) -> Set<String> {
        Set(text.matches(of: #/(?m)^([a-z-]+):.*## /#).map { String($0.output.1) })
    }

    /// The `make` commands in a document's code that the Makefile does not have.
    static func unknownTargets(in file: RepositoryFile, targets: Set<String>) -> [String] {
        code(in: file.text).flatMap { code in
            code.matches(of: /(?m)\bmake((?:[ \t]+[A-Za-z_]+=\S+)*)[ \t]+([a-z][a-z-]*)/)
                .map { String($0.output.2) }.filter { !targets.contains($0) }
                .map { "\(file.path): make \($0)" }
        }
    }

    /// The relative links of a document that lead nowhere.
    static func brokenLinks(in file: RepositoryFile, exists: (String) -> Bool) -> [String] {
        let folder = file.path.split(separator: "/").dropLast()
        return file.text.matches(of: /\]\(([^)\s#:<]+)(?:#[^)\s]*)?\)/).map { String($0.output.1) }
            .filter { link in !exists((folder + [link[...]]).joined(separator: "/")) }
            .map { "\(file.path): \($0)" }
    }

    /// What stands in code blocks and code spans.
    private static func code(in text: String) -> [String] {
        let blocks = text.matches(of: /(?s)```.*?```/).map { String($0.output) }
        let rest = text.replacing(/(?s)```.*?```/, with: "")
        return blocks + rest.matches(of: /`([^`\n]+)`/).map { String($0.output.1) }
    }
}

/// What holds for every script.
enum ScriptRule {
    /// Scripts that dpkg runs; debhelper gives them their mode.
    private static let dpkgScripts = ["config", "preinst", "postinst", "prerm", "postrm"]

    /// What is wrong with a file's shebang, mode or first command.
    static func faults(in file: RepositoryFile) -> [String] {
        let isScript = file.text.hasPrefix("#!")
        let isForDpkg = file.isBelow("packaging/debian") && dpkgScripts.contains(file.suffix)
        if isScript != (file.isExecutable || isForDpkg) {
            return [
                "\(file.path): " + (isScript ? "has a shebang and is not executable" : "is executable, and no script")
            ]
        }
        let isShell = isScript && file.lines[0].contains(/\b(ba)?sh\b/)
        // The plain shell knows no pipefail, and debconf's and dpkg's own parts use variables that are not set.
        let isPlain = file.isBelow("packaging/debian") && file.lines[0] == "#!/bin/sh"
        let isStrict = file.text.contains(isPlain ? /(?m)^set -eu?$/ : /(?m)^set -euo pipefail$/)
        return isShell && !isStrict ? ["\(file.path): does not say 'set -euo pipefail'"] : []
    }
}

@Suite struct DocumentTests {
    private static let documents = Repository.files.filter { $0.suffix == "md" }

    @Test func `every make command of a document exists`() throws {
        let targets = DocumentRule.targets(ofMakefile: try #require(Repository.file("Makefile")).text)
        #expect(targets == ["help", "run", "test", "check", "fmt", "docs", "bench", "deb", "deb-test"])
        #expect(Self.documents.flatMap { DocumentRule.unknownTargets(in: $0, targets: targets) } == [])
    }

    @Test func `every relative link of a document leads somewhere`() {
        #expect(Self.documents.flatMap { DocumentRule.brokenLinks(in: $0, exists: Repository.exists) } == [])
    }

    @Test func `every script can be run, and stops at the first error`() {
        #expect(Repository.files.flatMap(ScriptRule.faults) == [])
    }

    @Test func `a command that the Makefile lacks is found`() {
        let text = "Run `make run`, or `DEMO=0 make walk`.\n```\n$ make PORT=1 fly\n```\nWe make do.\n"
        let found = DocumentRule.unknownTargets(in: RepositoryFile(path: "A.md", text: text), targets: ["run"])
        #expect(found == ["A.md: make fly", "A.md: make walk"])
    }

    @Test func `a link that leads nowhere is found`() {
        let text = "[a](b.md) [c](d/e.md#f) [g](https://h.example) [i](#j) ![k](gone.png)"
        let file = RepositoryFile(path: "x/A.md", text: text)
        #expect(DocumentRule.brokenLinks(in: file) { ["x/b.md", "x/d/e.md"].contains($0) } == ["x/A.md: gone.png"])
    }

    @Test(
        arguments: [
            ("#!/bin/sh\nset -euo pipefail\n", false), ("text\n", true), ("#!/usr/bin/env bash\nset -e\n", true),
        ])
    func `a script that can not be run or goes on after an error is found`(text: String, isExecutable: Bool) {
        #expect(ScriptRule.faults(in: RepositoryFile(path: "a", text: text, isExecutable: isExecutable)).count == 1)
    }

    @Test func `a good script and a plain text are not`() {
        let script = "#!/usr/bin/env bash\n# A comment.\nset -euo pipefail\n"
        #expect(ScriptRule.faults(in: RepositoryFile(path: "a", text: script, isExecutable: true)) == [])
        #expect(
            ScriptRule.faults(in: RepositoryFile(path: "b.py", text: "#!/usr/bin/env python3\n", isExecutable: true))
                == [])
        #expect(ScriptRule.faults(in: RepositoryFile(path: "c", text: "text\n")) == [])
    }
}
