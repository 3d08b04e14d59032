// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// What a fake node does with machines that come to it.
struct FakeMoves: Sendable {
    /// Why it takes none.
    var refusal: GatehouseError?
    /// What fails after it has taken one.
    var aftermath: GatehouseError?
    /// Waits in each move, for tests of what happens meanwhile.
    var during: (@Sendable () async throws -> Void)?
    /// Why no machine is saved.
    var savingRefusal: GatehouseError?
    /// The machines whose guests do not care for a shutdown.
    var deaf: Set<UUID> = []
}

extension FakeHypervisor {
    /// Refuses machines that come to it from now on; nil takes that back.
    package func refuseMoves(_ error: GatehouseError?) { state.withLock { $0.moves.refusal = error } }

    /// Has the call after each move to it fail; nil takes that back.
    package func failAfterMoves(_ error: GatehouseError?) { state.withLock { $0.moves.aftermath = error } }

    /// Refuses to save machines from now on; nil takes that back.
    package func refuseSaving(_ error: GatehouseError?) { state.withLock { $0.moves.savingRefusal = error } }

    /// Has a guest not care for a shutdown.
    package func ignoreShutdown(of uuid: UUID) { state.withLock { _ = $0.moves.deaf.insert(uuid) } }

    /// Has every move to it wait for something.
    package func duringMoves(_ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.moves.during = body }
    }

    /// Moves the machine to another fake node, at once.
    package func migrate(
        _ uuid: UUID, to other: any Hypervisor, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        guard let other = other as? FakeHypervisor, other !== self else { throw GatehouseError.noMigration }
        let machine = try withMachine(uuid) { state, machine in
            state.requests.append(.migrate(uuid))
            guard machine.state.isActive else { throw GatehouseError(.conflict, "The machine is not running.") }
            return machine
        }
        try await other.take(machine, progress)
        remove(uuid)
    }

    private func take(_ machine: MachineSnapshot, _ progress: @Sendable (Int) async -> Void) async throws {
        await progress(50)
        let moves = try whileReachable { $0.moves }
        if let refusal = moves.refusal { throw refusal }
        try await moves.during?()
        try Task.checkCancellation()
        _ = try whileReachable { $0 }
        put(machine)
        if let aftermath = moves.aftermath { fail(aftermath) }
    }
}
