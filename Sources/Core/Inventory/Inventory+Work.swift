// SPDX-License-Identifier: Apache-2.0

package import Model

extension Inventory {
    /// Does something while holding the locks of machines, all or none.
    ///
    /// A job that holds a lock keeps it.
    /// - Throws: `machineLocked`, naming what is under way, or what the work throws.
    package func whileLocked<Result: Sendable>(
        _ ids: [MachineID], for name: String, by holder: String, job: JobID? = nil,
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let taken = try lock(ids, for: name, by: holder, job: job)
        defer {
            for id in taken {
                operations[id] = nil
                bus.publish(.machineChanged(id))
            }
        }
        return try await body()
    }

    /// Takes the locks of machines, all or none; those that the job has already stay its own and are not among the result.
    ///
    /// - Throws: `machineLocked`, naming what is under way.
    func lock(_ ids: [MachineID], for name: String, by holder: String, job: JobID?) throws -> Set<MachineID> {
        for id in ids {
            if let held = operations[id], held.job == nil || held.job != job { throw held.lockedError }
        }
        let taken = Set(ids).filter { operations[$0] == nil }
        for id in taken { operations[id] = RunningOperation(name: name, since: time.now(), by: holder) }
        for id in Set(ids) { bus.publish(.machineChanged(id)) }
        return taken
    }

    /// Takes a machine up that was made a moment ago, without waiting for its node's report.
    package func takeUp(_ id: MachineID) async throws -> MachineEntry {
        // Keeping what reports leave out would look like a change at the next report.
        await note(try await hypervisor(on: id.node).machine(id.uuid).brief, on: id.node)
        guard let entry = machine(id) else { throw GatehouseError.machineNotFound }
        return entry
    }
}
