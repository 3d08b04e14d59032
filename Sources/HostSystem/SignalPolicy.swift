// SPDX-License-Identifier: Apache-2.0

import CHost

/// How this process takes signals.
package enum SignalPolicy {
    /// Lets a write to a closed pipe or socket fail instead of ending the process (signal(7), SIGPIPE).
    package static func ignoreBrokenPipes() { gatehouse_ignore_broken_pipes() }
}
