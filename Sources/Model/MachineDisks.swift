// SPDX-License-Identifier: Apache-2.0

/// A disk that a machine is to get.
package struct NewMachineDisk: Sendable, Equatable {
    /// The name in the guest, such as `vda`.
    package var target: String
    /// How it is plugged in.
    package var bus: DiskBus
    /// The file or device behind it.
    package var path: String
    /// The image format.
    package var format: VolumeFormat
    /// Whether what is behind it is a device and no file.
    package var isDevice: Bool
    /// Whether the guest may only read it.
    package var isReadOnly: Bool
    /// Whether other machines may write to it at the same time.
    package var isShareable: Bool
    /// Whether it has to wait for the next start, as something that runs is still in its place.
    package var waits = false

    /// Describes a disk.
    package init(
        target: String, bus: DiskBus, path: String, format: VolumeFormat, isDevice: Bool = false,
        isReadOnly: Bool = false, isShareable: Bool = false
    ) {
        self.target = target
        self.bus = bus
        self.path = path
        self.format = format
        self.isDevice = isDevice
        self.isReadOnly = isReadOnly
        self.isShareable = isShareable
    }
}

/// How a disk is plugged in.
package enum DiskBus: String, Sendable, CaseIterable {
    case virtio, scsi, sata, ide

    /// What the names of its disks begin with.
    package var prefix: String {
        switch self {
        case .virtio: "vd"
        case .scsi, .sata: "sd"
        case .ide: "hd"
        }
    }

    /// The bus that a disk of that name is usually on; nil for a name that is none.
    package init?(target: String) {
        guard let bus = [DiskBus.virtio, .sata, .ide].first(where: { $0.fits(target) }) else { return nil }
        self = bus
    }

    /// Whether a disk on it may have a name: its prefix and one or two letters.
    package func fits(_ target: String) -> Bool {
        let letters = target.utf8.dropFirst(prefix.utf8.count)
        return target.hasPrefix(prefix) && (1...2).contains(letters.count)
            && letters.allSatisfy { (0x61...0x7A).contains($0) }
    }

    /// The name of its n-th disk, from 0 on: a to z, then aa to zz.
    package func target(_ number: Int) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        let first = number < letters.count ? "" : String(letters[(number / letters.count - 1) % letters.count])
        return prefix + first + String(letters[number % letters.count])
    }
}

extension GatehouseError {
    /// The answer for a disk that a machine has not.
    package static let diskNotFound = GatehouseError(
        .notFound, "The machine has no such disk; machine.show lists them.", details: ["parameter": "target"])
}
