// SPDX-License-Identifier: Apache-2.0

import CHost

/// Names of files, given and taken in one step each.
package enum FileNames {
    /// Gives a file another name on the same file system, in place of whatever file has it.
    package static func rename(_ old: String, to new: String) throws(SystemFailure) {
        guard unsafe CHost.rename(old, new) == 0 else { throw SystemFailure.last }
    }

    /// Gives a file a second name on the same file system; fails where there is one already.
    package static func link(_ old: String, as new: String) throws(SystemFailure) {
        guard unsafe CHost.link(old, new) == 0 else { throw SystemFailure.last }
    }
}
