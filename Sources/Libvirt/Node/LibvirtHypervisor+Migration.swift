// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

extension LibvirtHypervisor {
    /// Moves a machine of QEMU to another node of QEMU; both are told here what to do, and their hypervisors pass the
    /// guest's memory straight from one to the other.
    ///
    /// Disks do not move: libvirt refuses a machine with disks that are not on shared storage. A move that has not come
    /// to an end within `LibvirtTiming.move` is given up.
    package func migrate(
        _ uuid: UUID, to other: any Hypervisor, progress: @escaping @Sendable (Int) async -> Void
    ) async throws {
        guard let other = other as? LibvirtHypervisor, other !== self, node.uri.driver == .qemu,
            other.node.uri.driver == .qemu
        else { throw GatehouseError.noMigration }
        let destination = try other.session()
        try await calling("move the machine") { session in
            let move = Move(uuid: uuid, session: session, destination: destination, timing: timing)
            try await move.run(at: other.node.migrationAddress, progress: progress)
        }
    }
}

/// Whether a move is not wanted any more.
private final class Wish: Sendable {
    let isOver = Atomic(false)
}

/// One machine on its way from one node to another.
private struct Move: Sendable {
    let uuid: UUID
    let session: NodeSession
    let destination: NodeSession
    let timing: LibvirtTiming

    /// Moves it; while that lasts, tells how far it is, and has it given up where it takes too long or is cancelled.
    func run(at address: String?, progress: @escaping @Sendable (Int) async -> Void) async throws {
        try Task.checkCancellation()
        let wish = Wish()
        // Not a child: it is needed most once this task is cancelled.
        let watch = Task(name: "watch of a move") { await self.watch(wish, progress) }
        defer { watch.cancel() }
        do {
            try await withTaskCancellationHandler {
                try await carryOut(at: address)
            } onCancel: {
                wish.isOver.store(true, ordering: .relaxed)
            }
        } catch let error as LibvirtError where error.isAbort && wish.isOver.load(ordering: .relaxed) {
            throw CancellationError()
        }
    }

    /// Waits for the end whatever comes: it alone tells where the machine is.
    private func carryOut(at address: String?) async throws {
        // Longer than it is let run, so that the end of one that was given up is still heard.
        let deadline = timing.move + timing.change
        try await Task(name: "move of a machine") {
            let owner = try destination.owner()
            try await session.copy(within: deadline) { [uuid] connection in
                try connection.domain(uuid).migrate(to: owner.connection, at: address)
            }
        }.value
    }

    private func watch(_ wish: Wish, _ progress: @Sendable (Int) async -> Void) async {
        let end = ContinuousClock.now + timing.move
        var told: Int?
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            guard ContinuousClock.now < end, !wish.isOver.load(ordering: .relaxed) else {
                // Again and again: libvirt gives up nothing that it has not begun.
                try? await abort()
                continue
            }
            let percent = try? await session.read { [uuid] in try $0.domain(uuid).jobPercent() }
            guard let percent, percent != told else { continue }
            told = percent
            await progress(percent)
        }
    }

    private func abort() async throws {
        try await session.change { [uuid] in try $0.domain(uuid).abortJob() }
    }
}

extension LibvirtNode {
    /// Where other hosts' hypervisors find this one's: where it is reached from here, for that is known to work; nil
    /// for this host, which calls itself as it likes (`migration_host` of qemu.conf).
    var migrationAddress: String? {
        switch uri.transport {
        case .local, .unix: nil
        case .ssh(let endpoint), .tls(let endpoint):
            "tcp://" + (endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host)
        }
    }
}
