// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import ServiceLifecycle

extension Storage {
    /// Has it kept that volumes are being made while the work makes them and what needs them; where it fails, those
    /// that are there then are deleted.
    ///
    /// The work begins each of them with `begin`; what it did not begin is left alone, for it is somebody else's. What
    /// can not be deleted now, or only comes into being after a call that was given up, is deleted later.
    /// - Throws: `conflict` where there is a volume of one of the names, or what the work throws.
    func making<Result: Sendable>(
        _ names: [VolumeName], on node: NodeID, _ work: () async throws -> Result
    ) async throws -> Result {
        guard !names.isEmpty else { return try await work() }
        try await checkFree(names, on: node)
        do {
            let result = try await work()
            await forget(names.filter { begun[node]?.contains($0) == true }, on: node)
            return result
        } catch {
            await clear(names.filter { begun[node]?.contains($0) == true }, on: node)
            throw error
        }
    }

    /// Makes one of the volumes of `making`, which is kept as unfinished from now on.
    ///
    /// - Throws: what the work throws; after a `conflict` the volume is somebody else's.
    func begin<Result: Sendable>(
        _ name: VolumeName, on node: NodeID, _ work: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await repository.noteMaking(of: [name], on: node)
        setFinished(name, false, on: node)
        setBegun(name, true, on: node)
        do {
            return try await work()
        } catch let error as GatehouseError where error.code == .conflict {
            setBegun(name, false, on: node)
            // What a call left behind that was given up may be what is in the way.
            if unfinished[node]?.contains(name) != true { await forget([name], on: node) }
            throw error
        }
    }

    /// What is there already is not to be deleted as something unfinished.
    private func checkFree(_ names: [VolumeName], on node: NodeID) async throws {
        let hypervisor = try await inventory.hypervisor(on: node)
        for pool in Set(names.map(\.pool)).sorted() {
            let present = Set(try await hypervisor.volumes(in: pool).map(\.name))
            guard let taken = names.first(where: { $0.pool == pool && present.contains($0.name) }) else { continue }
            throw GatehouseError(
                .conflict, "The pool \(pool) has a volume called \(taken.name) already; choose another name.")
        }
    }

    private func forget(_ names: [VolumeName], on node: NodeID) async {
        settle(names, left: [], on: node)
        for name in names { setBegun(name, false, on: node) }
        do {
            try await repository.forgetMaking(of: names, on: node)
        } catch {
            // The next start would delete them.
            for name in names { setFinished(name, true, on: node) }
            logger.error("finished volumes are still kept as unfinished", metadata: ["error": "\(error)"])
        }
    }

    /// Forgets finished volumes that could not be forgotten before.
    package func forgetFinished() async {
        for (node, names) in finished {
            for name in names {
                // Somebody may be making another one of that name.
                try? await holding(.init(changing: [.volume(node, name)])) {
                    guard finished[node]?.contains(name) == true else { return }
                    try await repository.forgetMaking(of: [name], on: node)
                    setFinished(name, false, on: node)
                }
            }
        }
    }
}

extension Storage: Service {
    /// Deletes what an earlier run, or a call that failed, left half made, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.takeUpUnfinished()
            while !Task.isCancelled {
                await self.forgetFinished()
                await self.clearUnfinished()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Takes up what was being made when the host ended.
    package func takeUpUnfinished() async {
        do {
            for (node, names) in try await repository.volumesInMaking() { leave(names, on: node) }
        } catch {
            logger.error("unfinished volumes could not be read", metadata: ["error": "\(error)"])
        }
    }

    /// Deletes unfinished volumes of nodes that can be asked; those that can not be deleted now wait for a minute.
    package func clearUnfinished() async {
        for (node, names) in unfinished where !names.isEmpty {
            guard triedAt[node].map({ time.uptime() - $0 >= .seconds(60) }) ?? true,
                (try? await inventory.hypervisor(on: node)) != nil
            else { continue }
            for name in names {
                do {
                    // Somebody may be making another one of that name.
                    try await holding(.init(changing: [.volume(node, name)])) { await clear([name], on: node) }
                } catch {
                    settle([], left: [name], on: node)
                }
            }
        }
    }

    /// Deletes volumes that are not finished, the last one first; nothing is done to one that anything uses.
    private func clear(_ names: [VolumeName], on node: NodeID) async {
        var gone: [VolumeName] = []
        for name in names.reversed() {
            do {
                try await clear(name, on: node)
                gone.append(name)
            } catch {
                logger.warning(
                    "an unfinished volume is left for now",
                    metadata: ["pool": "\(name.pool)", "volume": "\(name.name)", "error": "\(error)"])
            }
        }
        let left = Set(names).subtracting(gone)
        settle([], left: left, on: node)
        for name in left { setBegun(name, false, on: node) }
        await forget(gone, on: node)
    }

    private func clear(_ name: VolumeName, on node: NodeID) async throws {
        let hypervisor = try await inventory.hypervisor(on: node)
        let use = try await use(of: node)
        guard let snapshot = use.volumes[name] else {
            // A pool that is not active may still have it.
            guard try await hypervisor.pools().contains(where: { $0.name == name.pool && !$0.isActive }) else { return }
            throw GatehouseError(.conflict, "The pool is not active.")
        }
        guard !use.use(of: name, at: snapshot.path).isInUse else { return }
        try use.elsewhere.checkAnswered(at: snapshot.path)
        try await hypervisor.deleteVolume(name)
        logger.info("an unfinished volume was deleted", metadata: ["pool": "\(name.pool)", "volume": "\(name.name)"])
    }
}
