// SPDX-License-Identifier: Apache-2.0

import CHost

/// Why the system refused something (errno(3)).
package struct SystemFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number of the error.
    package let number: CInt

    /// Takes over a number.
    package init(number: CInt) { self.number = number }

    /// What the last call on this thread that failed left behind.
    static var last: SystemFailure { SystemFailure(number: gatehouse_last_error()) }

    /// Nothing is there by that name.
    package var isMissing: Bool { number == ENOENT || number == ENOTDIR }
    /// Something is there by that name already.
    package var isPresent: Bool { number == EEXIST || number == ENOTEMPTY }
    /// A symbolic link stood where none may.
    package var isLink: Bool { number == ELOOP }

    /// The system's own words for it.
    package var description: String {
        unsafe String(cString: gatehouse_error_text(number))
    }
}
