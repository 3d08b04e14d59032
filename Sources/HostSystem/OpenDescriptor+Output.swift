// SPDX-License-Identifier: Apache-2.0

import CHost

extension OpenDescriptor {
    /// Takes the standard output away for the caller alone; what else is printed goes to the standard error.
    package static func takingStandardOutput() throws(SystemFailure) -> OpenDescriptor {
        let number = dup(StandardStream.output.rawValue)
        guard number >= 0 else { throw SystemFailure.last }
        let taken = OpenDescriptor(owning: number)
        guard dup2(StandardStream.error.rawValue, StandardStream.output.rawValue) >= 0 else {
            throw SystemFailure.last
        }
        return taken
    }
}
