// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Model

/// Turns what went wrong below into the one error type, once.
enum Failures {
    /// The error for a caller; `action` says what was tried, as in "start the machine".
    static func translate(_ error: any Error, action: String, isConnected: Bool = true) -> any Error {
        switch error {
        case let error as GatehouseError: error
        case let error as CancellationError: error
        case let error as LibvirtError where isConnected && !error.isLostConnection: translate(error, action: action)
        case let error as LibvirtError: unreachable(error.message, cause: error.description)
        case let failure as CallFailure: translate(failure, action: action)
        default: GatehouseError(.hypervisorFailed, "The node could not \(action).", cause: "\(error)")
        }
    }

    /// Why a node can not be reached.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as LibvirtError: error.message
        case let error as GatehouseError: error.message
        case CallFailure.deadlinePassed, CallFailure.neverBegun: "the node does not answer"
        case CallFailure.tooManyHanging: "too many calls to the node hang"
        case CallFailure.noThread: "the system gives no thread"
        default: "\(error)"
        }
    }

    /// Why a node can not be reached, with what to do about it where that is known: where libvirt's own daemon on this
    /// host is not there, or lets nobody in.
    static func reason(_ error: any Error, at uri: LibvirtURI) -> String {
        let reason = reason(error)
        guard let error = error as? LibvirtError, uri.transport == .local, uri.driver != .test else { return reason }
        let isRefused: [virErrorNumber] = [VIR_ERR_AUTH_FAILED, VIR_ERR_AUTH_CANCELLED, VIR_ERR_AUTH_UNAVAILABLE]
        if isRefused.contains(virErrorNumber(error.number)) || reason.contains("Permission denied") {
            return "\(reason); put Gatehouse's user into the group libvirt (adduser gatehouse libvirt) and restart "
                + "Gatehouse"
        }
        let isAbsent = ["No such file or directory", "Connection refused"].contains { reason.contains($0) }
        guard isAbsent else { return reason }
        return "\(reason); libvirt does not run on this host: start it (systemctl start libvirtd), or install it "
            + "(apt install libvirt-daemon-system)"
    }

    private static func unreachable(_ reason: String, cause: String? = nil) -> GatehouseError {
        GatehouseError(
            .nodeUnreachable, "The machine's node can not be reached: \(reason). Try again later.", cause: cause)
    }

    private static func translate(_ failure: CallFailure, action: String) -> GatehouseError {
        switch failure {
        case .deadlinePassed:
            GatehouseError(.timeout, "The node took too long to \(action). It may still do so; look again later.")
        case .neverBegun:
            GatehouseError(.timeout, "The node was too busy to \(action). Nothing was done; try again later.")
        case .tooManyHanging: unreachable("too many calls to it hang")
        case .noThread:
            GatehouseError(.limitExceeded, "Gatehouse is out of threads and could not \(action). Try again later.")
        case .notConnected: unreachable("there is no connection to it now")
        }
    }

    private static func translate(_ error: LibvirtError, action: String) -> GatehouseError {
        let cause = error.description
        switch virErrorNumber(error.number) {
        case VIR_ERR_NO_DOMAIN: return .machineNotFound
        case VIR_ERR_NO_STORAGE_POOL, VIR_ERR_NO_STORAGE_VOL:
            return GatehouseError(.notFound, "There is no such pool or volume on the node.", cause: cause)
        case VIR_ERR_STORAGE_VOL_EXIST, VIR_ERR_DOM_EXIST:
            return GatehouseError(.conflict, "The node has one of that name; choose another name.", cause: cause)
        case VIR_ERR_NO_SUPPORT, VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_ARGUMENT_UNSUPPORTED,
            VIR_ERR_OPERATION_UNSUPPORTED:
            return GatehouseError(.unsupported, "The node's hypervisor can not \(action).", cause: cause)
        case VIR_ERR_OPERATION_INVALID:
            return GatehouseError(
                .conflict, "It is not possible to \(action) now: \(plain(error.message)).", cause: cause)
        case VIR_ERR_OPERATION_TIMEOUT, VIR_ERR_AGENT_UNRESPONSIVE:
            return GatehouseError(.timeout, "The node took too long to \(action); try again later.", cause: cause)
        case VIR_ERR_RPC, VIR_ERR_NO_CONNECT, VIR_ERR_INVALID_CONN, VIR_ERR_GNUTLS_ERROR, VIR_ERR_LIBSSH:
            return unreachable(error.message, cause: cause)
        default:
            return GatehouseError(
                .hypervisorFailed, "The node could not \(action): \(plain(error.message)).", cause: cause)
        }
    }

    /// libvirt's text without the words that it puts before each error of a kind.
    private static func plain(_ message: String) -> String {
        for prefix in ["Requested operation is not valid: ", "operation failed: ", "internal error: "]
        where message.hasPrefix(prefix) {
            return String(message.dropFirst(prefix.count))
        }
        return message
    }
}
