// SPDX-License-Identifier: Apache-2.0

package import Model

extension Inventory {
    /// Changes a machine while holding its lock, so that one thing happens to it at a time, and tells of it.
    ///
    /// A job that holds the lock keeps it; the body gets what was held before.
    /// - Throws: `machineLocked`, naming what is under way, or what the body throws.
    package func change<Value: Sendable>(
        _ operation: String, on id: MachineID, by name: String, job: JobID?,
        _ body: @Sendable (any Hypervisor, RunningOperation?) async throws -> Value
    ) async throws -> Value {
        let hypervisor = try hypervisor(of: id)
        let held = operations[id]
        _ = try lock([id], for: operation, by: name, job: job)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(hypervisor, held))
        } catch {
            result = .failure(error)
        }
        if held == nil { operations[id] = nil }
        // A node that was switched off meanwhile has no machines any more.
        if let fresh = try? await hypervisor.machine(id.uuid), nodes[id.node]?.record.isEnabled == true {
            // Keeping what reports leave out would look like a change at the next report.
            await note(fresh.brief, on: id.node)
        }
        bus.publish(.machineChanged(id))
        return try result.get()
    }
}
