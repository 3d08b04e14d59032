// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit

/// A call on its way: what it was given, and the core as its caller may use it.
struct ZentificCall: Sendable {
    let arguments: ZentificArguments
    /// The user as the core describes him; `null` for a method that needs no session.
    let user: JSONValue
    /// The session that the client named; nil where it named none that could be one.
    let session: String?
    let strangers: StrangerSessions
    private let host: Host
    private let token: String?
    /// The core methods that the method may call.
    private let allowed: [String]

    init(
        _ method: ZentificMethod, arguments: ZentificArguments, user: JSONValue, session: String?,
        strangers: StrangerSessions, host: Host, token: String?
    ) {
        allowed = ZentificTable.reach[method.name]?.calls ?? []
        self.arguments = arguments
        self.user = user
        self.session = session
        self.strangers = strangers
        self.host = host
        self.token = token
    }

    /// Whether the caller may do and see everything.
    var isSuperUser: Bool { user["level"] == "superUser" }

    /// Refuses whoever is no superuser.
    func requireSuperUser() throws {
        guard isSuperUser else { throw GatehouseError(.forbidden, "Only a superuser may do that.") }
    }

    /// Calls a core method as the client.
    func core(_ method: String, _ parameters: [String: JSONValue] = [:]) async throws -> JSONValue {
        assert(allowed.contains(method), "\(method) is not in the reach of this method")
        guard allowed.contains(method) else {
            throw GatehouseError(.internal, "This method may not call \(method); report that as a fault of Gatehouse.")
        }
        return try await host.call(method, parameters, token: token)
    }

    /// Calls a core method as the client; errors name the call's own parameters in place of the method's.
    func core(
        _ method: String, _ parameters: [String: JSONValue], naming names: [String: String]
    ) async throws -> JSONValue {
        do {
            return try await core(method, parameters)
        } catch let error as GatehouseError {
            guard let own = error.details["parameter"]?.stringValue.flatMap({ names[$0] }) else { throw error }
            throw GatehouseError(
                error.code, error.message, details: error.details.merging(["parameter": .string(own)]) { $1 },
                cause: error.cause)
        }
    }
}
