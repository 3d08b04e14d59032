// SPDX-License-Identifier: Apache-2.0

/// What a node says of a machine that is shown alone, beyond what every list has.
package struct MachineDetails: Sendable, Equatable {
    /// The hypervisor's own number for it while it runs; another one after each start.
    package var hypervisorID: Int?
    /// The system that its definition says is in it, such as `http://debian.org/debian/12`.
    package var os: String?
    /// The kernel that it boots directly, as a file on the node.
    package var kernel: String?
    /// The first file system that goes with that kernel.
    package var initrd: String?
    /// The command line of that kernel.
    package var commandLine: String?
    /// What the node does when the guest reboots, such as `restart`.
    package var onReboot: String?
    /// What the node does when the guest powers off, such as `destroy`.
    package var onPowerOff: String?
    /// What the node does when the guest crashes, such as `destroy`.
    package var onCrash: String?
    /// The address on the node where its screen is served, where it is served on TCP.
    package var vncAddress: String?
    /// The port there.
    package var vncPort: Int?
    /// Whether its definition was changed, and the change waits for the next start.
    package var needsReboot = false

    /// Nothing known.
    package init() {}
}
