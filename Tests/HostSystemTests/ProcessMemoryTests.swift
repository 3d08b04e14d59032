// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HostSystem

@Suite struct ProcessMemoryTests {
    /// How much code of files this process has in memory, in KiB.
    private static func codeKiB() throws -> Int {
        var total = 0
        var isCode = false
        for line in try #require(SystemFile.text("/proc/self/smaps")).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Rss:", isCode { total += try #require(Int(words[1])) }
            if words.first?.contains("-") == true { isCode = ProcessMemory.codeSegment(line) != nil }
        }
        return total
    }

    @Test func `what only the start needed is given back, and what is wanted comes again`() throws {
        let before = try Self.codeKiB()
        ProcessMemory.releaseUnused()
        let after = try Self.codeKiB()
        #expect(before > 2000 && after < before)
        #expect((1...5).map { "\($0)" }.joined(separator: ",") == "1,2,3,4,5")
    }

    @Test(
        arguments: [
            ("55d0-55f0 r-xp 00001000 fe:00 12                         /usr/bin/a b", 0x55d0..<0x55f0),
            ("55d0-55f0 rwxp 00001000 fe:00 12                         /usr/bin/a", nil),
            ("55d0-55f0 r--p 00001000 fe:00 12                         /usr/bin/a", nil),
            ("55d0-55f0 r-xp 00000000 00:00 0                          [vdso]", nil),
            ("55d0-55f0 r-xp 00000000 00:00 0 ", nil),
            ("55f0-55d0 r-xp 00001000 fe:00 12                         /usr/bin/a", nil),
            ("zz-55f0 r-xp 00001000 fe:00 12                           /usr/bin/a", nil), ("", nil),
        ] as [(String, Range<Int>?)])
    func `only code that comes from a file is let go`(line: String, segment: Range<Int>?) {
        #expect(ProcessMemory.codeSegment(line[...]) == segment)
    }
}
