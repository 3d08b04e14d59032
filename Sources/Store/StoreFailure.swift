// SPDX-License-Identifier: Apache-2.0

import GRDB
import Model

/// The one place where an error of SQLite becomes an error of Gatehouse.
enum StoreFailure {
    /// The error for the caller; what is Gatehouse's own or a cancellation passes unchanged.
    ///
    /// Values of a statement never get into the message or the cause, its SQL text does.
    static func translate(_ error: any Error, path: String) -> any Error {
        switch error {
        case let error as GatehouseError: error
        case let error as CancellationError: error
        case let error as DatabaseError: translate(error, path: path)
        default:
            GatehouseError(
                .storageFailed, "The data directory could not be used. The log says more.",
                cause: "\(path): \(error)")
        }
    }

    private static func translate(_ error: DatabaseError, path: String) -> GatehouseError {
        let cause = "\(path): \(error)"
        return switch error.resultCode {
        case .SQLITE_CONSTRAINT: constraint(error, cause: cause)
        default: GatehouseError(.storageFailed, advice(error.resultCode), cause: cause)
        }
    }

    private static func constraint(_ error: DatabaseError, cause: String) -> GatehouseError {
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            GatehouseError(.conflict, "That name is taken already. Choose another one.", cause: cause)
        case .SQLITE_CONSTRAINT_FOREIGNKEY:
            GatehouseError(.notFound, "What this refers to is gone. Reload and try again.", cause: cause)
        default:
            GatehouseError(.internal, "A value does not fit the database. The log says which.", cause: cause)
        }
    }

    private static func advice(_ code: ResultCode) -> String {
        switch code {
        case .SQLITE_FULL:
            "The disk that holds the database is full; nothing was changed. Free some space there and try again."
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            "Another program keeps the database locked; nothing was changed. Close that program and try again."
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            "The database can not be written; nothing was changed. Check that its file system is mounted writable "
                + "and that the files belong to Gatehouse's user."
        case .SQLITE_IOERR:
            "The disk failed while the database was used; nothing was changed. Check the disk, its free space and "
                + "the system's log."
        case .SQLITE_CORRUPT:
            "The database is damaged. Stop Gatehouse, keep the files, and restore a backup."
        case .SQLITE_NOTADB:
            "The database's file is not a database. Move it away and restore a backup."
        case .SQLITE_CANTOPEN:
            "The database can not be opened. Check that the data directory exists and belongs to Gatehouse's user."
        default:
            "The database refused its work; nothing was changed. The log says why."
        }
    }
}
