// SPDX-License-Identifier: Apache-2.0

import Model

/// What the process ends with, for scripts; `gatehouse --help` lists them.
enum ProcessStatus: Int32, Sendable {
    case ok = 0
    /// It was tried and failed.
    case failed = 1
    /// The command line is wrong, or a value in it does not fit.
    case usage = 2
    /// The daemon can not be reached.
    case unreachable = 3
    case notPermitted = 4
    case notFound = 5
    /// A conflict, or somebody holds the lock.
    case conflict = 6
    /// A deadline has passed, or a node can not be reached.
    case timeout = 7

    /// The status for an error that the daemon answered with.
    init(_ code: GatehouseError.Code) {
        switch code {
        case .invalidParameters: self = .usage
        case .unauthenticated, .forbidden: self = .notPermitted
        case .notFound, .methodNotFound: self = .notFound
        case .conflict, .consoleLocked, .machineLocked: self = .conflict
        case .timeout, .nodeUnreachable, .consoleUnreachable: self = .timeout
        case .parseError, .invalidRequest, .internal, .unsupported, .limitExceeded, .rateLimited, .storageFailed,
            .expired, .hypervisorFailed, .pluginFailed:
            self = .failed
        }
    }
}

/// Why a command did not work: one line for people, one number for scripts.
struct Failure: Error, Equatable {
    /// What the process ends with.
    let status: ProcessStatus
    /// What happened and what to do next.
    let message: String

    init(_ status: ProcessStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// What the daemon answered with; its own words, but where they are meant for a browser.
    init(_ error: GatehouseError) {
        status = ProcessStatus(error.code)
        message = error.code == .unauthenticated ? Self.notPermitted : error.message
    }

    /// What to do where the daemon does not let somebody in.
    static let notPermitted = "Gatehouse does not let you in; run this as root, or as the daemon's user."
}
