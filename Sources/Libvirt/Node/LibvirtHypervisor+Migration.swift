// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

extension LibvirtHypervisor {
    /// Moves a machine of QEMU to another node of QEMU; both are told here what to do, and their hypervisors pass the
    /// guest's memory straight from one to the other.
    ///
    /// Disks do not move: libvirt refuses a machine with files that are not on shared storage, and one with devices of
    /// its host is refused here. A move that has not come to an end within `LibvirtTiming.move` is given up.
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

/// Whether a move is not wanted any more, and when it began.
private final class Wish: Sendable {
    let isOver = Atomic(false)
    private let begin = Mutex<ContinuousClock.Instant?>(nil)

    /// When the move began; nil while it waits for others.
    var begun: ContinuousClock.Instant? { begin.withLock { $0 } }

    /// Begins the move.
    ///
    /// - Throws: `CancellationError` where it is not wanted any more.
    func start() throws {
        guard !isOver.load(ordering: .relaxed) else { throw CancellationError() }
        begin.withLock { $0 = .now }
    }
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
                try await carryOut(wish, at: address)
            } onCancel: {
                wish.isOver.store(true, ordering: .relaxed)
            }
        } catch let error as LibvirtError where error.isAbort && wish.isOver.load(ordering: .relaxed) {
            throw CancellationError()
        }
    }

    /// Waits for the end whatever comes: it alone tells where the machine is.
    private func carryOut(_ wish: Wish, at address: String?) async throws {
        // Longer than it is let run: it may wait for another, and the end of one that was given up is still to be heard.
        let deadline = timing.move * 2 + timing.change
        try await Task(name: "move of a machine") {
            let owner = try destination.owner()
            try await session.move(within: deadline) { [uuid] connection in
                try wish.start()
                let domain = try connection.domain(uuid)
                try HostDisks.refuse(in: domain.xml())
                try domain.migrate(to: owner.connection, at: address)
            }
        }.value
    }

    private func watch(_ wish: Wish, _ progress: @Sendable (Int) async -> Void) async {
        var told: Int?
        while (try? await Task.sleep(for: .milliseconds(250))) != nil {
            guard let begun = wish.begun else { continue }
            guard ContinuousClock.now < begun + timing.move, !wish.isOver.load(ordering: .relaxed) else {
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

/// Disks that another host does not have, although it may have something else under their name.
enum HostDisks {
    /// Refuses a machine that writes to one.
    ///
    /// libvirt sees to files alone: whether they lie on shared storage. Of a device, a volume and the like nobody knows
    /// whether the other host has the same one, unless it is declared as shareable.
    /// - Throws: `conflict`, naming the disk; `hypervisorFailed` where the XML can not be read.
    static func refuse(in xml: [UInt8]) throws {
        guard let devices = try? XMLElement.parse(xml).first("devices") else {
            throw GatehouseError(.hypervisorFailed, "The node described the machine in a way that can not be read.")
        }
        for disk in devices.all("disk") where disk.first("readonly") == nil && disk.first("shareable") == nil {
            var layer: XMLElement? = disk
            while let current = layer {
                if let type = current["type"], current.first("source") != nil, !["file", "network"].contains(type) {
                    let name = disk.first("target")?["dev"] ?? "without a name"
                    throw GatehouseError(
                        .conflict,
                        "Its disk \(name) may be another one on the other host (\(type)), and does not move.")
                }
                layer = current.first("backingStore")
            }
        }
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
