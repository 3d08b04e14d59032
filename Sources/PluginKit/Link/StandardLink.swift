// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model

/// Standard input and output.
struct StandardLink: HostLink {
    private let input: OpenDescriptor
    private let outbox: Outbox

    /// Takes the standard output for the host alone.
    init() throws {
        SignalPolicy.ignoreBrokenPipes()
        input = OpenDescriptor(owning: 0)
        outbox = Outbox(try OpenDescriptor.takingStandardOutput())
    }

    private static let pieceBytes = 1 << 16

    func listen(_ take: @escaping @Sendable ([UInt8]?) -> Void) {
        let input = input
        do {
            try OwnThread.start("host-reader") {
                while case .bytes(let bytes) = input.read(most: Self.pieceBytes) { take(bytes) }
                take(nil)
            }
        } catch {
            take(nil)
        }
    }

    func send(_ lines: [[UInt8]]) { outbox.send(lines) }
    func flush() async { await outbox.flush() }
}
