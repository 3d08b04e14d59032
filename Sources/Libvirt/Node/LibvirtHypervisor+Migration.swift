// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

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

/// One machine on its way from one node to another.
private struct Move: Sendable {
    let uuid: UUID
    let session: NodeSession
    let destination: NodeSession
    let timing: LibvirtTiming

    /// Moves it; while that lasts, tells how far it is, and has it given up where it takes too long.
    func run(at address: String?, progress: @escaping @Sendable (Int) async -> Void) async throws {
        try Task.checkCancellation()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(name: "watch of a move") { await watch(progress) }
            defer { group.cancelAll() }
            try await carryOut(at: address)
        }
    }

    /// Waits for the end whatever comes: it alone tells where the machine is.
    private func carryOut(at address: String?) async throws {
        let (uuid, session, destination) = (uuid, session, destination)
        // Longer than it is let run, so that the end of one that was given up is still heard.
        let deadline = timing.move + timing.change
        let call = Task(name: "move of a machine") {
            let owner = try destination.owner()
            try await session.copy(within: deadline) { connection in
                try connection.domain(uuid).migrate(to: owner.connection, at: address)
            }
        }
        do {
            try await withTaskCancellationHandler {
                try await call.value
            } onCancel: {
                Task(name: "end of a move") { try? await abort() }
            }
        } catch let error as LibvirtError where error.isAbort && Task.isCancelled {
            throw CancellationError()
        }
    }

    private func watch(_ progress: @Sendable (Int) async -> Void) async {
        let end = ContinuousClock.now + timing.move
        var told: Int?
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard ContinuousClock.now < end else {
                try? await abort()
                return
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
