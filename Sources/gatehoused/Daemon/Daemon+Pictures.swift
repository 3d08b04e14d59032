// SPDX-License-Identifier: Apache-2.0

import Console
import Foundation
import Model

extension Daemon {
    /// What takes pictures of sources that have no other way: a process of its own beside this executable.
    func pictureTaker() -> any PictureTaker {
        let directory = URL(fileURLWithPath: CommandLine.arguments.first ?? "gatehoused").resolvingSymlinksInPath()
            .deletingLastPathComponent().path
        return SnapshotProcess(executable: "\(directory)/rfb-snapshot")
    }
}
