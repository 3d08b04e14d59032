// SPDX-License-Identifier: Apache-2.0

import Logging
package import Model

/// What the core itself says and asks of a job whose call it makes.
extension JobLedger {
    /// Tells how far a call is; nothing happens where it is not being made.
    ///
    /// - Parameters:
    ///   - percent: 0 to 100; nil for as far as before.
    ///   - isLine: whether the history gets the message too.
    package func tell(_ id: JobID, percent: Int?, message: String, isLine: Bool) async {
        guard calls.contains(id), var job = active[id] else { return }
        guard percent != job.percent || message != job.message else { return }
        job.percent = percent ?? job.percent
        job.message = String(message.prefix(500))
        active[id] = job
        bus.publish(.jobChanged(id))
        guard isLine else { return }
        let line = JobEvent(job: id, at: time.now(), status: job.status, message: message)
        do {
            try await repository.saveJobs([], events: [line])
        } catch {
            logger.error("a job's progress was not written", metadata: ["job": "\(id)", "error": "\(error)"])
        }
    }

    /// Whether somebody wishes that a job ends early.
    package func isCancelRequested(_ id: JobID) -> Bool { active[id]?.isCancelRequested ?? false }

    /// Follows a machine to another node, after its jobs are kept under that one.
    package func machineMoved(_ id: MachineID, to node: NodeID) async {
        await exclusively {
            for (number, job) in active where job.machine == id {
                active[number]?.machine = MachineID(node: node, uuid: id.uuid)
                active[number]?.node = node
            }
            for (number, job) in recent where job.machine == id {
                recent[number]?.machine = MachineID(node: node, uuid: id.uuid)
                recent[number]?.node = node
            }
        }
    }
}
