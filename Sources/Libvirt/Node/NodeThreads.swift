// SPDX-License-Identifier: Apache-2.0

/// The threads of one node, apart by what they are for, so that one kind can not starve another.
struct NodeThreads: Sendable {
    /// Calls that hang.
    let hanging: HangingCalls
    /// Calls that only ask.
    let reads: Workers
    /// Calls that change a machine.
    let changes: Workers
    /// Calls that move whole disks, which may take hours.
    let copies: Workers
    /// Calls that move machines to other nodes; they do not wait for disks.
    let moves: Workers

    init(hangingLimit: Int) {
        hanging = HangingCalls(limit: hangingLimit)
        reads = Workers(name: "libvirt-read", limit: 4, hanging: hanging)
        changes = Workers(name: "libvirt-change", limit: 4, hanging: hanging)
        copies = Workers(name: "libvirt-copy", limit: 2, hanging: hanging)
        moves = Workers(name: "libvirt-move", limit: 2, hanging: hanging)
    }
}
