// SPDX-License-Identifier: Apache-2.0

import Console
import Model

extension Daemon {
    /// What takes pictures of sources that have no other way: a process of its own.
    func pictureTaker() -> any PictureTaker {
        SnapshotProcess(executable: companion("rfb-snapshot"))
    }
}
