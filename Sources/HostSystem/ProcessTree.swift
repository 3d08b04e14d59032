// SPDX-License-Identifier: Apache-2.0

import CHost

/// Processes as `/proc` shows them (proc(5)).
package enum ProcessTree {
    /// Which signal is sent.
    package enum Ending: Sendable {
        /// `SIGTERM`: asks to end.
        case polite
        /// `SIGKILL`: ends for certain.
        case certain
    }

    /// The number of this process.
    package static var own: Int { Int(getpid()) }

    /// Ends a process; the caller knows that the number still is that process's.
    package static func end(_ process: Int, _ ending: Ending) {
        guard process > 1 else { return }
        kill(pid_t(process), ending == .polite ? SIGTERM : SIGKILL)
    }

    /// The process and everything that descends from it.
    package static func members(of root: Int) -> [Int] {
        var found: [Int] = []
        var open = [root]
        while let next = open.popLast(), found.count < 10_000 {
            found.append(next)
            guard let threads = try? OpenFolder.open("/proc/\(next)/task").names(most: 10_000) else { continue }
            for thread in threads {
                let text = text("/proc/\(next)/task/\(thread)/children") ?? ""
                open.append(contentsOf: text.split(separator: " ").compactMap { Int($0) })
            }
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
        if let rollup = text("/proc/\(process)/smaps_rollup"),
            let line = rollup.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
            let amount = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            return amount
        }
        guard let pages = text("/proc/\(process)/statm")?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * Int(sysconf(CInt(_SC_PAGESIZE))) / 1024
    }

    private static func text(_ path: String) -> String? {
        guard let file = try? OpenDescriptor.file(at: path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20, case .bytes(let more) = file.read(most: 1 << 14) { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }
}
