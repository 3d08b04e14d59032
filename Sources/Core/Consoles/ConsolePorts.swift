// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// Consoles on ports of their own, for clients that know no tickets; whoever serves them says how.
package final class ConsolePorts: Sendable {
    /// Who wants which console.
    package struct Order: Sendable {
        /// The console.
        package let key: ConsoleKey
        /// Who wants it.
        package let principal: Principal
        /// Whether a holder is to be thrown out.
        package let takeover: Bool

        /// Makes an order.
        package init(key: ConsoleKey, principal: Principal, takeover: Bool) {
            self.key = key
            self.principal = principal
            self.takeover = takeover
        }
    }

    /// Where a console is to be reached.
    package struct Place: Sendable, Equatable {
        /// The port.
        package let port: Int
        /// Until when the connection must be made; nil for the port of the pages, where a ticket is needed.
        package let expiresAt: Date?

        /// Makes a place.
        package init(port: Int, expiresAt: Date?) {
            self.port = port
            self.expiresAt = expiresAt
        }
    }

    /// Opens a port.
    package typealias Opener = @Sendable (Order) async throws -> Place

    private struct State {
        var opener: Opener?
        var webPort: Int?
        var ports: [ConsoleKey: (ticket: String, port: Int)] = [:]
    }

    private let state = Mutex(State())

    /// Nobody serves ports yet.
    package init() {}

    /// From now on ports are opened that way; the pages are on `webPort`.
    package func serve(webPort: Int?, _ opener: @escaping Opener) {
        state.withLock { state in
            state.opener = opener
            state.webPort = webPort
        }
    }

    /// No ports are opened any more.
    package func stop() {
        state.withLock { $0 = State() }
    }

    /// The port of the pages.
    package var webPort: Int? { state.withLock { $0.webPort } }

    /// Has a port opened, or names that of the pages.
    ///
    /// - Throws: `consoleLocked`, `limitExceeded`, `conflict` while nobody serves.
    package func open(_ order: Order) async throws -> Place {
        guard let opener = state.withLock({ $0.opener }) else {
            throw GatehouseError(.conflict, "Gatehouse is starting or stopping; try again in a moment.")
        }
        return try await opener(order)
    }

    /// Notes that a console has a port of its own, under a ticket.
    package func note(_ key: ConsoleKey, ticket: String, port: Int) {
        state.withLock { $0.ports[key] = (ticket, port) }
    }

    /// Notes that it has it no more.
    package func forget(_ key: ConsoleKey, ticket: String) {
        state.withLock { if $0.ports[key]?.ticket == ticket { $0.ports[key] = nil } }
    }

    /// The port where a console that is held is reached.
    package func port(of key: ConsoleKey) -> Int? {
        state.withLock { $0.ports[key]?.port ?? $0.webPort }
    }
}
