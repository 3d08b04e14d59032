// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// A node whose machines may be able to move to another one while they run.
package protocol MigratingHypervisor: Sendable {
    /// Moves a machine that is active to another node, with its definition; it goes on there as it was here.
    ///
    /// Where it does not succeed the machine stays where it is, and as it is. Cancelling the task has the node give
    /// the move up; it ends with `CancellationError` where that came in time, and like any other where it did not.
    ///
    /// - Parameters:
    ///   - uuid: the machine.
    ///   - other: where to, a node that is connected.
    ///   - progress: hears, from time to time, how much is done, 0 to 100.
    /// - Throws: `unsupported` where no machine of this node can move there; `conflict` for a machine that is off;
    ///   `timeout` where it has not come to an end in time; `hypervisorFailed`.
    func migrate(
        _ uuid: UUID, to other: any Hypervisor, progress: @escaping @Sendable (Int) async -> Void
    ) async throws
}

/// A node whose machines can not move.
extension MigratingHypervisor {
    /// Refused.
    package func migrate(
        _ uuid: UUID, to other: any Hypervisor, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        throw GatehouseError.noMigration
    }
}

extension GatehouseError {
    /// The answer of a node whose machines can not move to that other one.
    package static let noMigration = GatehouseError(
        .unsupported, "Machines of this node can not move to that one; both must be QEMU hosts of libvirt.")
}
