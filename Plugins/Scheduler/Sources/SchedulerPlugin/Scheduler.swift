// SPDX-License-Identifier: Apache-2.0

package import Model
package import PluginKit

/// Claims jobs and carries out several at a time.
///
/// Which job is next, one job per machine, attempts and times are the core's affair; this claims whatever it
/// is given as long as it has room.
package actor Scheduler {
    private struct Running {
        let run: JobRun
        let task: Task<Void, Never>
    }

    private var settings = SchedulerSettings()
    /// Whether the scheduler part is on; nil before that is known.
    private var isOn: Bool?
    private var isEnding = false
    private var isGraceOver = false
    private var isWoken = false
    private var sleeper: CheckedContinuation<Void, Never>?
    private var running: [Int64: Running] = [:]
    private var complaint: String?

    /// Makes a scheduler that has claimed nothing.
    package init() {}

    /// How many jobs are being carried out.
    package var count: Int { running.count }

    /// Claims and carries out jobs until it is cancelled; then lets those that run go on for the grace time.
    ///
    /// What has not ended by then is left to the core, which finds out what was done.
    package func run(_ host: Host) async {
        settings = SchedulerSettings(host.configuration)
        // What the host said meanwhile is newer.
        if isOn == nil { isOn = host.parts.contains("scheduler") }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(name: "period of the scheduler") { await self.keepTime() }
            while !isEnding {
                await claimAll(host)
                await rest()
            }
            group.cancelAll()
        }
        await drain()
    }

    // MARK: - What the host says

    /// Says that a job may be there.
    package func wake() {
        isWoken = true
        sleeper?.resume()
        sleeper = nil
    }

    /// Takes a new configuration; jobs that run go on as they began.
    package func configure(_ configuration: JSONValue) {
        settings = SchedulerSettings(configuration)
        wake()
    }

    /// Claims only while the scheduler part is on; jobs that run go on.
    package func setParts(_ parts: [String]) {
        isOn = parts.contains("scheduler")
        wake()
    }

    /// Asks a job to end early.
    package func cancel(_ id: Int64) { running[id]?.run.cancel() }

    // MARK: - Claiming

    /// Wakes the loop again and again, and ends it when this is cancelled.
    private func keepTime() async {
        while (try? await Task.sleep(for: settings.period)) != nil { wake() }
        isEnding = true
        wake()
    }

    private func rest() async {
        if !isWoken, !isEnding { await withCheckedContinuation { sleeper = $0 } }
        isWoken = false
    }

    private func claimAll(_ host: Host) async {
        while isOn == true, !isEnding, running.count < settings.concurrency {
            do {
                guard let job = try ClaimedJob(try await host.call("job.claim")) else { return }
                complaint = nil
                start(job, host)
            } catch {
                let message = (error as? GatehouseError)?.message ?? "It was given up."
                // The same every few seconds would bury everything else in the log.
                if !isEnding, message != complaint { host.log("no job could be claimed: \(message)") }
                complaint = message
                return
            }
        }
    }

    private func start(_ job: ClaimedJob, _ host: Host) {
        let run = JobRun(job, host: host, wait: settings.wait)
        // Not a child of the loop: it may outlive the loop by the grace time. It is owned by `running`.
        let task = Task(name: "job \(job.id)") {
            await run.run()
            ended(job.id, run)
        }
        running[job.id] = Running(run: run, task: task)
    }

    private func ended(_ id: Int64, _ run: JobRun) {
        // The core may have handed the same job out again meanwhile.
        if running[id]?.run === run { running[id] = nil }
        wake()
    }

    // MARK: - Ending

    private func drain() async {
        let timer = Task(name: "grace of the scheduler") {
            guard (try? await Task.sleep(for: settings.grace)) != nil else { return }
            isGraceOver = true
            wake()
        }
        while !isGraceOver, !running.isEmpty {
            if !isWoken { await withCheckedContinuation { sleeper = $0 } }
            isWoken = false
        }
        timer.cancel()
        for left in running.values { left.task.cancel() }
    }
}
