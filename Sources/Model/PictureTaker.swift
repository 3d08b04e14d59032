// SPDX-License-Identifier: Apache-2.0

/// Takes one picture of a console source, in a process of its own.
package protocol PictureTaker: Sendable {
    /// The screen behind a VNC source, as PNG.
    func picture(of source: ConsoleSource) async throws -> Screenshot
}
