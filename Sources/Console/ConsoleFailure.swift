// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model
import NIOCore
import NIOPosix

/// Turns what NIO reports into sentences for people.
enum ConsoleFailure {
    /// Why a source could not be reached; `place` names it, such as `127.0.0.1:5901`.
    static func unreachable(_ place: String, _ error: any Error, timeout: TimeAmount) -> GatehouseError {
        if let known = error as? GatehouseError { return known }
        let seconds = timeout.nanoseconds / 1_000_000_000
        let message =
            switch cause(of: error) {
            case .refused: "Connection refused by \(place): is the machine's console server running?"
            case .timedOut: "\(place) did not answer within \(seconds) s: is the host up and the port open?"
            case .unknownHost: "The host name of \(place) can not be resolved; check the node's address."
            case .missing: "There is no socket at \(place): is the machine running?"
            case .denied: "Gatehouse has no permission to open \(place)."
            case .noRoute: "There is no route to \(place): is the host up?"
            case .other(let text): "\(place) can not be reached: \(text)"
            }
        return GatehouseError(.consoleUnreachable, message, cause: "\(error)")
    }

    /// A short text for an error on an open connection.
    static func text(of error: any Error) -> String {
        switch cause(of: error) {
        case .refused: "connection refused"
        case .timedOut: "connection timed out"
        case .unknownHost: "unknown host"
        case .missing: "no such socket"
        case .denied: "permission denied"
        case .noRoute: "no route to host"
        case .other(let text): text
        }
    }

    private enum Cause {
        case refused
        case timedOut
        case unknownHost
        case missing
        case denied
        case noRoute
        case other(String)
    }

    private static func cause(of error: any Error) -> Cause {
        switch error {
        case let error as NIOConnectionError:
            if let failure = error.connectionErrors.first { return cause(of: failure.error) }
            return error.dnsAError == nil && error.dnsAAAAError == nil ? .timedOut : .unknownHost
        case ChannelError.connectTimeout:
            return .timedOut
        case let error as IOError:
            return cause(ofErrno: error.errnoCode)
        default:
            return .other("unexpected failure")
        }
    }

    private static func cause(ofErrno number: CInt) -> Cause {
        switch number {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .timedOut
        case ENOENT: .missing
        case EACCES, EPERM: .denied
        case EHOSTUNREACH, ENETUNREACH: .noRoute
        case ECONNRESET, EPIPE: .other("connection reset")
        default: .other("system error \(number)")
        }
    }
}
