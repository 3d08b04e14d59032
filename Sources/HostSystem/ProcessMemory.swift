// SPDX-License-Identifier: Apache-2.0

import CHost

/// The memory of this process.
package enum ProcessMemory {
    /// Gives back what only the start needed: what is free in the heap, and the code that is not in use.
    ///
    /// Code is the same in its file; what is wanted again comes back from the page cache, piece by piece, at its next
    /// use (madvise(2), MADV_DONTNEED). Blocks for some milliseconds. Breakpoints of a debugger in it are lost.
    package static func releaseUnused() {
        gatehouse_trim_heap()
        for segment in (SystemFile.text("/proc/self/maps") ?? "").split(separator: "\n").compactMap(codeSegment) {
            _ = gatehouse_let_go(segment.lowerBound, segment.count)
        }
    }

    /// The addresses of a line of `/proc/self/maps` (proc(5)) that is code from a file and can not be written to.
    static func codeSegment(_ line: Substring) -> Range<Int>? {
        let fields = line.split(separator: " ", maxSplits: 5)
        guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).first == "/" else {
            return nil
        }
        let ends = fields[0].split(separator: "-").compactMap { Int($0, radix: 16) }
        guard ends.count == 2, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }
}
