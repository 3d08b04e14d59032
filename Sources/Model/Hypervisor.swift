// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// Facts of a node that is online.
package struct NodeFacts: Sendable, Equatable {
    /// The hypervisor, such as `QEMU` or `TEST`.
    package var hypervisor: String
    /// The hypervisor's version.
    package var version: String
    /// The host's own name.
    package var hostname: String
    /// Processors that the node has.
    package var cpus: Int
    /// Memory that the node has, in KiB.
    package var memoryKiB: Int

    /// Makes the facts.
    package init(hypervisor: String, version: String, hostname: String, cpus: Int, memoryKiB: Int) {
        self.hypervisor = hypervisor
        self.version = version
        self.hostname = hostname
        self.cpus = cpus
        self.memoryKiB = memoryKiB
    }
}

/// Where the connection to a node stands.
package enum NodeState: Sendable, Equatable {
    case connecting
    case online(NodeFacts)
    /// The reason is for people.
    case unreachable(reason: String)
    case disabled

    /// The word that JSON uses.
    package var word: String {
        switch self {
        case .connecting: "connecting"
        case .online: "online"
        case .unreachable: "unreachable"
        case .disabled: "disabled"
        }
    }
}

/// What a hypervisor reports by itself.
package enum HypervisorEvent: Sendable, Equatable {
    /// The connection's state changed.
    case node(NodeState)
    /// Every machine the node has; whatever is not in it is gone. Follows each `online`.
    case inventory([MachineSnapshot])
    /// A machine is new or has changed.
    case machine(MachineSnapshot)
    /// A machine's definition is gone.
    case removed(UUID)
}

/// One node: a libvirt connection, or a list of machines that are only consoles.
///
/// Each call has a deadline of its own and throws `nodeUnreachable`, `timeout`, `notFound`,
/// `unsupported` or `hypervisorFailed`. A call never blocks a thread of the shared pool.
package protocol Hypervisor: NetworkHypervisor, NodeStorage, MigratingHypervisor {
    /// Runs the connection until it is cancelled: connects, reconnects with backoff, and reports.
    ///
    /// After the first `inventory`, `events` yields changes in the order in which they happened.
    func run(events: @escaping @Sendable (HypervisorEvent) async -> Void) async throws

    /// What the node is made of and can run.
    func details() async throws -> NodeDetails

    /// The machine with everything that is known, disks and interfaces too.
    func machine(_ uuid: UUID) async throws -> MachineSnapshot

    /// Changes a machine's stored definition, all of it or nothing, and what runs as far as that can be changed now.
    ///
    /// - Throws: `conflict` for a new name of a machine that runs; `unsupported` for a machine without a definition.
    func modify(_ uuid: UUID, _ change: MachineChange) async throws

    /// Carries out an operation and returns once the node has accepted it.
    func perform(_ operation: MachineOperation, on uuid: UUID) async throws

    /// Opens a source for a console; with `force` a holder outside Gatehouse is thrown out.
    ///
    /// - Throws: `consoleUnreachable`, with the reason, where there is no way to it.
    func openConsole(_ type: ConsoleType, on uuid: UUID, force: Bool) async throws -> ConsoleSource

    /// The password that the machine's own screen asks for; nil where it asks for none.
    func vncPassword(of uuid: UUID) async throws -> String?

    /// The screen as an image, or nil where only its VNC source can give one.
    func screenshot(of uuid: UUID) async throws -> Screenshot?

    /// Presses keys together and lets them go; names as in `KeyName`.
    func sendKeys(_ keys: [KeyName], to uuid: UUID) async throws

    /// The counters of the host and of every machine, read in one go.
    func sample() async throws -> NodeSample

    /// The counters of a machine with those of each disk and interface.
    func statistics(of uuid: UUID) async throws -> MachineStatistics
}

/// An image of a machine's screen.
package struct Screenshot: Sendable, Equatable {
    /// `image/png` or `image/x-portable-pixmap`.
    package let type: String
    /// The image, at most 32 MiB.
    package let bytes: [UInt8]

    /// Makes a screenshot.
    package init(type: String, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
    }
}

/// A key by its name, with the Linux input code that libvirt's `virDomainSendKey` takes.
package enum KeyName: String, Sendable, CaseIterable {
    case ctrl, alt, shift, meta, delete, backspace, escape, enter, tab, up, down, left, right, sysrq
    case f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12

    /// The Linux key code (linux/input-event-codes.h).
    package var linuxCode: UInt32 {
        switch self {
        case .escape: 1
        case .backspace: 14
        case .tab: 15
        case .enter: 28
        case .ctrl: 29
        case .shift: 42
        case .alt: 56
        case .f1: 59
        case .f2: 60
        case .f3: 61
        case .f4: 62
        case .f5: 63
        case .f6: 64
        case .f7: 65
        case .f8: 66
        case .f9: 67
        case .f10: 68
        case .f11: 87
        case .f12: 88
        case .sysrq: 99
        case .up: 103
        case .left: 105
        case .right: 106
        case .down: 108
        case .delete: 111
        case .meta: 125
        }
    }
}
