// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// The interfaces of a machine: those that it has now, and those that it has at its next start.
package struct MachineWiring: Sendable, Equatable {
    /// The machine.
    package var uuid: UUID
    /// Whether it runs.
    package var isActive: Bool
    /// The interfaces it has while it runs; empty while it is off.
    package var live: [MachineInterface]
    /// The interfaces of its stored definition; empty where it has none.
    package var stored: [MachineInterface]

    /// Makes a wiring.
    package init(uuid: UUID, isActive: Bool, live: [MachineInterface] = [], stored: [MachineInterface] = []) {
        self.uuid = uuid
        self.isActive = isActive
        self.live = live
        self.stored = stored
    }

    /// Every interface, those that are in both twice.
    package var all: [MachineInterface] { live + stored }

    /// The interface of that hardware address, or that is that device on the node.
    package func interface(_ name: String) -> MachineInterface? {
        let mac = MACAddress(name)?.description
        return all.first { ($0.target == name && !name.isEmpty) || (mac != nil && $0.mac.lowercased() == mac) }
    }
}

/// An interface that a machine is to get.
package struct NewMachineInterface: Sendable, Equatable {
    /// The hardware address.
    package var mac: MACAddress
    /// What it is plugged into.
    package var source: InterfaceSource
    /// The emulated card, such as `virtio`; nil for the hypervisor's own choice.
    package var model: String?

    /// Describes an interface.
    package init(mac: MACAddress, source: InterfaceSource, model: String? = nil) {
        self.mac = mac
        self.source = source
        self.model = model
    }
}

/// When a change of a machine's interface or disk counts.
package enum DeviceOutcome: Sendable, Equatable {
    /// At once.
    case done
    /// The stored definition has it; the machine that runs follows when its guest lets go, or at its next start.
    case pending
}

/// The hardware address of an interface: six bytes, for one station.
package struct MACAddress: Sendable, Hashable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// Reads `52:54:00:12:34:56`, in either case; nil for anything else, and for addresses of groups and of none.
    package init?(_ text: String) {
        guard text.utf8.count == 17 else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.utf8.count == 2 && !$0.hasPrefix("+") ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6, let first = bytes.first, first & 1 == 0,
            bytes.contains(where: { $0 != 0 })
        else { return nil }
        self.bytes = bytes
    }

    /// An address out of the range that QEMU's machines take, 52:54:00.
    package static func random(using generator: inout some RandomNumberGenerator) -> MACAddress {
        MACAddress(bytes: [0x52, 0x54, 0] + (0..<3).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// An address out of that range.
    package static func random() -> MACAddress {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The address in lower case with colons.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
