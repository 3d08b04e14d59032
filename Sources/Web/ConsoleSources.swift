// SPDX-License-Identifier: Apache-2.0

import Console
import Core
import CoreAPI
import Logging
import Model
import NIOCore

/// The way from a granted console to its source.
struct ConsoleSources: Sendable {
    /// Why there is no way.
    struct Failure: Error {
        /// What a page is told.
        let code: ConsoleCloseCode
        /// The reason, for people.
        let reason: String
    }

    let core: CoreServices
    let connector: ConsoleConnector
    let logger: Logger

    /// Connects to the source of a console; where that fails, its lock is free again.
    func connect(
        _ grant: ConsoleRegistry.Grant, on eventLoop: any EventLoop
    ) async -> Result<ConsoleBackend, Failure> {
        do {
            let hypervisor = try await core.inventory.hypervisor(of: grant.key.machine)
            let source = try await hypervisor.openConsole(
                grant.key.type, on: grant.key.machine.uuid, force: grant.force)
            return .success(try await connector.connect(source, type: grant.key.type, on: eventLoop).get())
        } catch {
            await core.consoles.disconnected(grant, transferred: (0, 0))
            let known = error as? GatehouseError
            logger.info(
                "console source unreachable", metadata: ["machine": "\(grant.key.machine.uuid)", "error": "\(error)"])
            // A machine that goes off ends its console before its state is known, and the page asks again.
            let code: ConsoleCloseCode = await isActive(grant.key.machine) ? .sourceUnreachable : .sourceEnded
            return .failure(Failure(code: code, reason: known?.message ?? "The console can not be reached."))
        }
    }

    /// Whether the node says that the machine runs; true where it can not be asked.
    private func isActive(_ machine: MachineID) async -> Bool {
        guard let hypervisor = try? await core.inventory.hypervisor(of: machine),
            let now = try? await hypervisor.machine(machine.uuid)
        else { return true }
        return now.state.isActive
    }
}

/// An open console, as the registry of locks sees it.
final class OpenConsole: ConsoleConnection {
    private let session: ConsoleSession

    init(_ session: ConsoleSession) { self.session = session }

    var transferred: (in: Int64, out: Int64) {
        let statistics = session.statistics
        return (Int64(statistics.bytesIn), Int64(statistics.bytesOut))
    }

    func close(_ code: ConsoleCloseCode, reason: String) {
        session.end(.requested(code: code.rawValue, reason: reason))
    }
}
