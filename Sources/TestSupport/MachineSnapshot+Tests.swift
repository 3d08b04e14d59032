// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

extension MachineSnapshot {
    /// A machine with both consoles and next to nothing else.
    package static func fake(_ name: String, _ state: MachineState = .running, uuid: UUID = UUID()) -> MachineSnapshot {
        MachineSnapshot(
            uuid: uuid, name: name, state: state, vcpus: 1, memoryKiB: 524_288, maxMemoryKiB: 524_288,
            consoles: [.vnc, .text], osType: "hvm", autostart: false, persistent: true)
    }
}
