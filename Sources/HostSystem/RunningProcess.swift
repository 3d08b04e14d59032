// SPDX-License-Identifier: Apache-2.0

import CHost

/// A process that was there when this was made; its number never comes to mean another (pidfd_open(2)).
package final class RunningProcess: Sendable {
    /// Which signal is sent.
    package enum Ending: Sendable {
        /// `SIGTERM`: asks to end.
        case polite
        /// `SIGKILL`: ends for certain.
        case certain
    }

    /// Its number.
    package let number: Int
    private let descriptor: OpenDescriptor

    /// Takes hold of a process; the caller knows that the number is its.
    package init(_ number: Int) throws(SystemFailure) {
        let descriptor = gatehouse_open_process(CInt(number))
        guard descriptor >= 0 else { throw SystemFailure.last }
        self.number = number
        self.descriptor = OpenDescriptor(owning: descriptor)
    }

    /// Ends it, if it still runs.
    package func end(_ ending: Ending) {
        _ = gatehouse_signal_process(descriptor.number, ending == .polite ? SIGTERM : SIGKILL)
    }
}
