// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// The numbers that faults carry.
///
/// 1 to 100 are the published ones; 18 and up come from the later server. The negative ones are for messages
/// that are no call of this API at all ("Specification for Fault Code Interoperability", 2001).
enum ZentificFault: Int, CaseIterable {
    case notAuthorized = 1
    case invalidSession = 2
    case expiredSession = 3
    case maxLoginFailures = 5
    case invalidParameter = 6
    case dbError = 7
    case unspecifiedError = 8
    case consoleLocked = 9
    case schedError = 10
    case vmLocked = 11
    case notAuthenticated = 18
    case resourceInUse = 19
    case consoleConnectFailed = 29
    case insufficientResources = 30
    case notImplemented = 97
    case notXML = -32700
    case unknownMethod = -32601
    case tooLarge = -32600

    /// The word for it, such as `NOT_AUTHORIZED`.
    var word: String {
        switch self {
        case .notAuthorized: "NOT_AUTHORIZED"
        case .invalidSession: "INVALID_SESSION"
        case .expiredSession: "EXPIRED_SESSION"
        case .maxLoginFailures: "MAX_LOGIN_FAILURES"
        case .invalidParameter: "INVALID_PARAMETER"
        case .dbError: "DB_ERROR"
        case .unspecifiedError: "UNSPECIFIED_ERROR"
        case .consoleLocked: "CONSOLE_LOCKED"
        case .schedError: "SCHED_ERROR"
        case .vmLocked: "VM_LOCKED"
        case .notAuthenticated: "NOT_AUTHENTICATED"
        case .resourceInUse: "RESOURCE_IN_USE"
        case .consoleConnectFailed: "CONSOLE_CONNECT_FAILED"
        case .insufficientResources: "INSUFFICIENT_RESOURCES"
        case .notImplemented: "NOT_IMPLEMENTED"
        case .notXML: "PARSE_ERROR"
        case .unknownMethod: "UNKNOWN_METHOD"
        case .tooLarge: "TOO_LARGE"
        }
    }

    /// The fault with a text for people after its word.
    func fault(_ text: String) -> XMLRPCFault { XMLRPCFault(code: rawValue, text: "\(word): \(text)") }

    /// The fault for a parameter that is missing, malformed, out of bounds or names nothing.
    static func parameter(_ name: String, _ text: String) -> XMLRPCFault {
        XMLRPCFault(
            code: ZentificFault.invalidParameter.rawValue,
            text: "<MESSAGE type='INVALID_PARAMETER' param='\(name)'> \(text)")
    }
}

extension ZentificFault {
    /// The fault for an error of the core.
    ///
    /// To a caller without all rights, "no such thing" and "not yours" are the same, so that identifiers can
    /// not be probed; a superuser hears which parameter names nothing.
    static func fault(
        for error: GatehouseError, parameters: [ZentificParameter], isSuperUser: Bool
    ) -> XMLRPCFault {
        switch error.code {
        case .notFound where !isSuperUser: return notAuthorized.fault(error.message)
        case .notFound, .invalidParameters:
            let named = error.details["parameter"]?.stringValue
            let parameter = parameters.first { $0.name == named } ?? parameters.first
            return Self.parameter(parameter?.name ?? named ?? "", error.message)
        default: return number(for: error.code).fault(error.message)
        }
    }

    private static func number(for code: GatehouseError.Code) -> ZentificFault {
        switch code {
        case .forbidden: .notAuthorized
        case .unauthenticated: .invalidSession
        case .expired: .expiredSession
        case .rateLimited: .maxLoginFailures
        case .storageFailed: .dbError
        case .consoleLocked: .consoleLocked
        case .machineLocked: .vmLocked
        case .conflict: .resourceInUse
        case .consoleUnreachable: .consoleConnectFailed
        case .limitExceeded: .insufficientResources
        case .unsupported, .methodNotFound: .notImplemented
        case .notFound, .invalidParameters, .invalidRequest, .parseError: .invalidParameter
        case .internal, .nodeUnreachable, .timeout, .hypervisorFailed, .pluginFailed: .unspecifiedError
        }
    }
}
