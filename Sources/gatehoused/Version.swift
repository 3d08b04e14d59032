// SPDX-License-Identifier: Apache-2.0

/// The version of this build.
enum Version {
    /// As `--version` and `system.status` show it.
    static let text = "0.1.0"
}
