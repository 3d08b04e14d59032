// SPDX-License-Identifier: Apache-2.0

import Glibc
import HostSystem

/// Everything that descends from a process.
func children(of process: Int) -> [Int] { Array(ProcessTree.members(of: process).dropFirst()) }

/// Sends a signal to a process.
func signal(_ process: Int, _ name: String) {
    let numbers: [String: CInt] = ["KILL": SIGKILL, "TERM": SIGTERM, "STOP": SIGSTOP]
    kill(pid_t(process), numbers[name] ?? SIGTERM)
}
