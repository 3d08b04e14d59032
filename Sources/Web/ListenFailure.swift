// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import NIOCore

/// Why a port can not be listened on, in words.
enum ListenFailure {
    /// The error for people; `setting` is where another port can be set.
    static func error(_ error: IOError, address: String, port: Int, setting: String) -> GatehouseError {
        let reason =
            switch error.errnoCode {
            case EADDRINUSE: "is in use by another program"
            case EADDRNOTAVAIL: "is not to be had, because this host has no such address"
            case EACCES: "is not allowed to this user"
            default: "can not be listened on"
            }
        return GatehouseError(
            .conflict, "Port \(port) of \(address) \(reason); set another one under \(setting).", cause: "\(error)")
    }
}
