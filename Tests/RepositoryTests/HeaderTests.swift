// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Every source names its licence in one line, and has no banner.
enum HeaderRule {
    static let mark = "SPDX-License-Identifier: Apache-2.0"

    private static let suffixes: Set = [
        "swift", "h", "c", "modulemap", "js", "mjs", "css", "html", "py", "sh", "yaml", "yml", "toml", "xml", "lock",
    ]

    /// Whether the rule is about that file.
    static func concerns(_ file: RepositoryFile) -> Bool {
        suffixes.contains(file.suffix) || file.name == "Makefile" || file.text.hasPrefix("#!")
    }

    /// What is wrong with a file's first lines, or nil.
    static func fault(in file: RepositoryFile) -> String? {
        let lines = file.lines
        let startsOtherwise = ["#!", "// swift-tools-version", "<!DOCTYPE", "<!doctype", "<?xml"].contains {
            lines.first?.hasPrefix($0) ?? false
        }
        let place = startsOtherwise ? 1 : 0
        guard lines.indices.contains(place), lines[place].contains(mark) else {
            return "\(file.path): line \(place + 1) is not '\(mark)'"
        }
        let banner = lines.dropFirst(place + 1).prefix(10).contains {
            $0.contains("Copyright") || $0.contains("All rights " + "reserved")
        }
        return banner ? "\(file.path): a banner" : nil
    }
}

@Suite struct HeaderTests {
    @Test func `every source file names its licence`() {
        #expect(Repository.files.filter(HeaderRule.concerns).compactMap(HeaderRule.fault) == [])
    }

    @Test(arguments: ["import A\n", "\n// \(HeaderRule.mark)\n", "// \(HeaderRule.mark)\n// Copyright 2026 X\n", ""])
    func `a file without the line, or with more, is found`(text: String) {
        #expect(HeaderRule.fault(in: RepositoryFile(path: "A.swift", text: text)) != nil)
    }

    @Test(arguments: [
        "// \(HeaderRule.mark)\n", "#!/bin/sh\n# \(HeaderRule.mark)\n", "<!DOCTYPE html>\n<!-- \(HeaderRule.mark) -->",
    ])
    func `the line may follow what must come first`(text: String) {
        #expect(HeaderRule.fault(in: RepositoryFile(path: "a", text: text)) == nil)
    }

    @Test func `a script without a suffix is a source too`() {
        #expect(HeaderRule.concerns(RepositoryFile(path: "packaging/a", text: "#!/bin/sh\n")))
        #expect(!HeaderRule.concerns(RepositoryFile(path: "README.md", text: "# Title\n")))
    }
}
