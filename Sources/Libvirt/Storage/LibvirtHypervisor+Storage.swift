// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import Model

extension LibvirtHypervisor {
    /// Every pool, by name.
    package func pools() async throws -> [PoolSnapshot] {
        try await calling("list the storage pools") { session in
            try await session.read { connection in try connection.pools() }.sorted { $0.name < $1.name }
        }
    }

    /// Has a pool look for volumes that came or went without it.
    package func refreshPool(_ name: String) async throws {
        try await calling("refresh the storage pool") { session in
            try await session.change { connection in try connection.pool(name).refresh() }
        }
    }

    /// Every volume of a pool, by name.
    package func volumes(in pool: String) async throws -> [VolumeSnapshot] {
        try await calling("list the volumes") { session in
            let volumes = try await session.read(within: timing.sample) { connection -> [VolumeSnapshot] in
                let pool = try connection.pool(pool)
                return try pool.isActive() ? try pool.volumes() : []
            }
            return volumes.sorted { $0.name < $1.name }
        }
    }

    /// Makes an empty volume, or one that holds the differences from another one.
    package func createVolume(
        _ volume: NewVolume, in pool: String, backing: VolumeName?
    ) async throws -> VolumeSnapshot {
        try await calling("make the volume") { session in
            try await session.copy(within: timing.copy) { connection in
                let below = try backing.map { try connection.pool($0.pool).volume($0.name).snapshot() }
                let pool = try connection.pool(pool)
                try Self.checkFree(volume.name, in: pool)
                return try pool.create(VolumeDescription.text(volume, backing: below)).snapshot()
            }
        }
    }

    /// Makes a volume with the content of another one.
    package func copyVolume(
        _ source: VolumeName, to volume: NewVolume, in pool: String
    ) async throws -> VolumeSnapshot {
        try await calling("copy the volume") { session in
            try await session.copy(within: timing.copy) { connection in
                let original = try connection.pool(source.pool).volume(source.name)
                let pool = try connection.pool(pool)
                try Self.checkFree(volume.name, in: pool)
                return try pool.create(VolumeDescription.text(volume), from: original).snapshot()
            }
        }
    }

    /// Drivers have errors of their own for a name that is taken.
    private static func checkFree(_ name: String, in pool: borrowing StoragePool) throws {
        do {
            _ = try pool.volume(name)
        } catch {
            guard error.number == VIR_ERR_NO_STORAGE_VOL.rawValue else { throw error }
            return
        }
        throw GatehouseError(.conflict, "The pool has a volume of that name; choose another name.")
    }

    /// Deletes a volume.
    package func deleteVolume(_ volume: VolumeName) async throws {
        try await calling("delete the volume") { session in
            try await session.change(within: timing.save) { connection in
                try connection.pool(volume.pool).volume(volume.name).delete()
            }
        }
    }
}
