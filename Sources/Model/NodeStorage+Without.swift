// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What a node without storage answers, such as one that is a list of consoles.
extension NodeStorage {
    private var refusal: GatehouseError {
        GatehouseError(.unsupported, "This node has no storage or definitions that Gatehouse can reach.")
    }

    /// None.
    package func pools() async throws -> [PoolSnapshot] { [] }
    /// Refused.
    package func refreshPool(_ name: String) async throws { throw refusal }
    /// Refused.
    package func volumes(in pool: String) async throws -> [VolumeSnapshot] { throw refusal }
    /// Refused.
    package func createVolume(
        _ volume: NewVolume, in pool: String, backing: VolumeName?
    ) async throws -> VolumeSnapshot { throw refusal }
    /// Refused.
    package func copyVolume(
        _ source: VolumeName, to volume: NewVolume, in pool: String
    ) async throws -> VolumeSnapshot { throw refusal }
    /// Refused.
    package func deleteVolume(_ volume: VolumeName) async throws { throw refusal }
    /// None.
    package func attachments() async throws -> [MachineAttachments] { [] }
    /// Refused.
    package func attachDisk(_ disk: NewMachineDisk, to uuid: UUID) async throws -> DeviceOutcome { throw refusal }
    /// Refused.
    package func detachDisk(_ target: String, from uuid: UUID) async throws -> DeviceOutcome { throw refusal }
    /// Refused.
    package func definition(of uuid: UUID) async throws -> MachineDefinition { throw refusal }
    /// Refused.
    package func define(_ copy: MachineCopy, of definition: String) async throws { throw refusal }
    /// Refused.
    package func undefine(_ uuid: UUID) async throws { throw refusal }
}
