// SPDX-License-Identifier: Apache-2.0

/// The one error type of Gatehouse: a closed code, a message for people, and what led to it.
///
/// The message says what happened and what to do next; it never holds a secret. Each protocol maps
/// the code to its own numbers once, at its edge.
public struct GatehouseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of what can go wrong.
    public enum Code: String, Sendable, CaseIterable {
        case parseError
        case invalidRequest
        case methodNotFound
        case invalidParameters
        case `internal`
        case unauthenticated
        case forbidden
        case notFound
        case conflict
        case consoleLocked
        case consoleUnreachable
        case machineLocked
        case nodeUnreachable
        case unsupported
        case limitExceeded
        case rateLimited
        case timeout
        case storageFailed
        case expired
        case hypervisorFailed
        /// A plugin ended, broke its contract or does not answer.
        case pluginFailed
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened and what to do next, in one or two sentences.
    public let message: String
    /// Machine-readable additions, such as the parameter at fault or seconds to wait.
    public let details: [String: JSONValue]
    /// The text of the underlying failure, for the log only; it is never sent to a caller.
    public let cause: String?

    /// Makes an error.
    public init(
        _ code: Code,
        _ message: String,
        details: [String: JSONValue] = [:],
        cause: String? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.cause = cause
    }

    /// An `invalidParameters` error that names the parameter at fault.
    public static func invalidParameter(_ name: String, _ message: String) -> GatehouseError {
        GatehouseError(.invalidParameters, message, details: ["parameter": .string(name)])
    }

    /// The one answer for "no such machine" and "not yours", so that the two can not be told apart.
    public static let machineNotFound = GatehouseError(
        .notFound, "There is no such machine, or you have no rights on it.")

    /// The code, the message and, where known, the cause; for logs.
    public var description: String {
        cause.map { "\(code.rawValue): \(message) [\($0)]" } ?? "\(code.rawValue): \(message)"
    }
}
