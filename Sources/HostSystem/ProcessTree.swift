// SPDX-License-Identifier: Apache-2.0

import CHost

/// Processes as `/proc` shows them (proc(5)).
package enum ProcessTree {
    /// The number of this process.
    package static var own: Int { Int(getpid()) }

    /// Those whose parent that process is.
    package static func children(of process: Int) -> [Int] {
        guard let threads = try? OpenFolder.open("/proc/\(process)/task").names(most: 10_000) else { return [] }
        return threads.flatMap { thread in
            (SystemFile.text("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ").compactMap {
                Int($0)
            }
        }
    }

    /// The process and everything that descends from it.
    package static func members(of root: Int) -> [Int] {
        var found: [Int] = []
        var open = [root]
        while let next = open.popLast(), found.count < 10_000 {
            found.append(next)
            open.append(contentsOf: children(of: next))
        }
        return found
    }

    /// The memory of a process and everything that descends from it, in KiB; nil where nothing can be read.
    ///
    /// Shared pages count in parts where the system says so, else in full for each process.
    package static func memoryKiB(of root: Int) -> Int? {
        let amounts = members(of: root).compactMap(ownMemoryKiB)
        return amounts.isEmpty ? nil : amounts.reduce(0, +)
    }

    private static func ownMemoryKiB(_ process: Int) -> Int? {
        if let rollup = SystemFile.text("/proc/\(process)/smaps_rollup"),
            let line = rollup.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
            let amount = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            return amount
        }
        guard
            let pages = SystemFile.text("/proc/\(process)/statm")?.split(separator: " ").dropFirst().first.flatMap({
                Int($0)
            })
        else { return nil }
        return pages * Int(sysconf(CInt(_SC_PAGESIZE))) / 1024
    }
}
