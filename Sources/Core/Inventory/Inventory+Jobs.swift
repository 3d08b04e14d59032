// SPDX-License-Identifier: Apache-2.0

package import Model

extension Inventory {
    /// Whether it is known if a machine is there: not after a start before its node has told its machines.
    package func isKnown(_ id: MachineID) -> Bool {
        guard present[id] == nil, let node = nodes[id.node] else { return true }
        return node.hasReported
    }

    /// Takes a machine's lock for a job; false where something else is under way on it.
    package func lock(_ id: MachineID, for job: Job) -> Bool {
        if let running = operations[id], running.job != job.id { return false }
        operations[id] = RunningOperation(
            name: job.operation?.rawValue ?? job.kind, since: time.now(), by: job.submitter.name, job: job.id,
            mayBeDone: job.interruptions > 0)
        bus.publish(.machineChanged(id))
        return true
    }

    /// Frees a machine's lock, if that job holds it.
    package func unlock(_ id: MachineID, from job: JobID) {
        guard operations[id]?.job == job else { return }
        operations[id] = nil
        bus.publish(.machineChanged(id))
    }

    /// Whether an earlier attempt of the job that holds the lock has done the operation already.
    func isDone(
        _ operation: MachineOperation, _ id: MachineID, _ held: RunningOperation?, on hypervisor: any Hypervisor
    ) async throws -> Bool {
        guard held?.mayBeDone == true else { return false }
        return operation.verdict(in: try await hypervisor.machine(id.uuid).state) == .done
    }
}

extension RunningOperation {
    /// What somebody else is told.
    var lockedError: GatehouseError {
        guard let job else {
            return GatehouseError(
                .machineLocked, "\(by) started \"\(name)\" on this machine; wait until that has ended.",
                details: ["operation": .string(name)])
        }
        return GatehouseError(
            .machineLocked,
            "Job \(job) of \(by) (\(name)) is being done on this machine; wait until it has ended, or cancel it.",
            details: ["operation": .string(name), "job": .int(job.number)])
    }
}
