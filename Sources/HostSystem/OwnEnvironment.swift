// SPDX-License-Identifier: Apache-2.0

import CHost

/// The variables that this process was started with.
package enum OwnEnvironment {
    /// Takes a variable out, so that no child inherits it; nil where there is none of that name.
    ///
    /// Only for the very start: another thread that reads the environment at the same time may read nonsense.
    package static func take(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        unsafe unsetenv(name)
        return text
    }
}
