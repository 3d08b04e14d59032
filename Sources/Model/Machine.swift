// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What a machine is doing.
package enum MachineState: String, Sendable, CaseIterable {
    case running
    case paused
    /// Told to shut down and still running.
    case shutdown
    case off
    case crashed
    /// Suspended by the guest's own power management.
    case suspended
    /// Off, with a saved image that the next start resumes.
    case saved
    case unknown

    /// Whether the guest has a running process, and so may have live consoles.
    package var isActive: Bool {
        switch self {
        case .running, .paused, .shutdown, .suspended: true
        case .off, .crashed, .saved, .unknown: false
        }
    }
}

/// The two kinds of console.
package enum ConsoleType: String, Sendable, CaseIterable, Hashable {
    /// The screen, over RFB (RFC 6143).
    case vnc
    /// A serial line.
    case text
}

/// A disk as its node describes it.
package struct MachineDisk: Sendable, Equatable {
    /// The name in the guest, such as `vda`.
    package var target: String
    /// `disk`, `cdrom`, `floppy` or `lun`.
    package var device: String
    /// The file, volume or device behind it, where there is one.
    package var source: String?
    /// The bus, such as `virtio`.
    package var bus: String?
    /// The image format, such as `qcow2`.
    package var format: String?
    /// Whether the guest may only read it.
    package var readOnly: Bool

    /// Makes a disk.
    package init(
        target: String, device: String, source: String? = nil, bus: String? = nil, format: String? = nil,
        readOnly: Bool = false
    ) {
        self.target = target
        self.device = device
        self.source = source
        self.bus = bus
        self.format = format
        self.readOnly = readOnly
    }
}

/// A network interface as its node describes it.
package struct MachineInterface: Sendable, Equatable {
    /// The hardware address.
    package var mac: String
    /// How it is attached: `network`, `bridge`, `user`, ...
    package var type: String
    /// The network or bridge, where there is one.
    package var source: String?
    /// The emulated card.
    package var model: String?
    /// The device on the node, such as `vnet0`.
    package var target: String?

    /// Makes an interface.
    package init(
        mac: String, type: String, source: String? = nil, model: String? = nil, target: String? = nil
    ) {
        self.mac = mac
        self.type = type
        self.source = source
        self.model = model
        self.target = target
    }
}

/// A machine as its node sees it now.
package struct MachineSnapshot: Sendable, Equatable {
    /// Its UUID.
    package var uuid: UUID
    /// Its name on the node.
    package var name: String
    /// What it is doing.
    package var state: MachineState
    /// Virtual processors, where known.
    package var vcpus: Int?
    /// Memory now, in KiB.
    package var memoryKiB: Int?
    /// The most memory it may get, in KiB.
    package var maxMemoryKiB: Int?
    /// The consoles it supports.
    package var consoles: [ConsoleType]
    /// `hvm`, `exe`, ...
    package var osType: String?
    /// Whether the node starts it by itself.
    package var autostart: Bool?
    /// Whether its definition outlives a power off.
    package var persistent: Bool?
    /// Its disks; nil until asked for.
    package var disks: [MachineDisk]?
    /// Its interfaces; nil until asked for.
    package var interfaces: [MachineInterface]?
    /// More about it; nil until asked for.
    package var details: MachineDetails?

    /// Makes a snapshot; what is not given is not known.
    package init(
        uuid: UUID,
        name: String,
        state: MachineState,
        vcpus: Int? = nil,
        memoryKiB: Int? = nil,
        maxMemoryKiB: Int? = nil,
        consoles: [ConsoleType] = [],
        osType: String? = nil,
        autostart: Bool? = nil,
        persistent: Bool? = nil,
        disks: [MachineDisk]? = nil,
        interfaces: [MachineInterface]? = nil,
        details: MachineDetails? = nil
    ) {
        self.uuid = uuid
        self.name = name
        self.state = state
        self.vcpus = vcpus
        self.memoryKiB = memoryKiB
        self.maxMemoryKiB = maxMemoryKiB
        self.consoles = consoles
        self.osType = osType
        self.autostart = autostart
        self.persistent = persistent
        self.disks = disks
        self.interfaces = interfaces
        self.details = details
    }

    /// The machine as reports have it, without what is only read when it is asked for.
    package var brief: MachineSnapshot {
        var brief = self
        (brief.disks, brief.interfaces, brief.details) = (nil, nil, nil)
        return brief
    }
}

/// What can be done to a machine as a whole.
package enum MachineOperation: String, Sendable, CaseIterable {
    case start
    /// Asks the guest to shut down (ACPI).
    case shutdown
    /// Cuts the power.
    case powerOff
    /// Asks the guest to reboot.
    case reboot
    /// Presses the reset button.
    case reset
    case pause
    case resume
    /// Saves the memory to the node's disk and stops.
    case save
}
