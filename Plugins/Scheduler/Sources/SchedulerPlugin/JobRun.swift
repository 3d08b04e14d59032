// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization

/// Carries out one job: makes its call, keeps it ours meanwhile, and says how it ended.
///
/// A call that is under way is never given up: its answer alone tells what was done. A cancel therefore
/// counts before the call and while something is waited for after it.
final class JobRun: Sendable {
    private let job: ClaimedJob
    private let host: Host
    private let wait: Duration
    private let isCancelRequested = Mutex(false)
    private let stage = Mutex<String?>(nil)

    init(_ job: ClaimedJob, host: Host, wait: Duration) {
        self.job = job
        self.host = host
        self.wait = wait
    }

    /// Asks for an early end.
    func cancel() { isCancelRequested.withLock { $0 = true } }

    private var isCancelled: Bool { isCancelRequested.withLock { $0 } }

    /// Carries the job out and reports its end.
    func run() async {
        let verdict = await withTaskGroup(of: JobVerdict?.self) { group in
            group.addTask(name: "lease of job \(job.id)") { await self.keepLease() }
            group.addTask(name: "work of job \(job.id)") { await self.work() }
            var verdict = JobVerdict.lost
            for await end in group {
                guard let end else { continue }
                verdict = end
                group.cancelAll()
                break
            }
            return verdict
        }
        await report(verdict)
    }

    // MARK: - Work

    private func work() async -> JobVerdict {
        guard !isCancelled else { return .cancelled("It was cancelled before it began.") }
        do {
            _ = try await host.call(job.kind, job.parameters, token: job.token)
            guard job.kind == "machine.shutdown", wait > .zero else { return .completed(nil) }
            return try await waitUntilOff()
        } catch {
            return JobVerdict(error)
        }
    }

    /// Waits until the guest has done what it was asked for.
    private func waitUntilOff() async throws -> JobVerdict {
        stage.withLock { $0 = "The guest was asked to shut down; waiting until it is off." }
        let machine = job.parameters["machine"] ?? .null
        let end = ContinuousClock.now + wait
        while ContinuousClock.now < end {
            guard !isCancelled else { return .cancelled("It was cancelled while the guest shut down.") }
            let shown = try await host.call("machine.show", ["machine": machine], token: job.token)
            if ["off", "saved", "crashed"].contains(shown["machine"]?["state"]?.stringValue) {
                return .completed(shown)
            }
            try await Task.sleep(for: min(.seconds(1), wait / 10))
        }
        let seconds = wait.components.seconds
        return .failed("The guest was asked to shut down and is not off after \(seconds) seconds; try powerOff.")
    }

    // MARK: - Lease

    /// Renews the lease until it is cancelled; ends with a verdict where the job was taken away.
    private func keepLease() async -> JobVerdict? {
        while true {
            guard (try? await Task.sleep(for: job.lease / 3)) != nil else { return nil }
            var parameters = identity
            parameters["message"] = stage.withLock { $0 }.map(JSONValue.string)
            do {
                if try await host.call("job.progress", parameters)["cancelled"] == true { cancel() }
            } catch let error as GatehouseError where [.conflict, .notFound].contains(error.code) {
                host.log("job \(job.id) was taken away: \(error.message)")
                return .lost
            } catch {
                // The lease lasts for two more tries.
            }
        }
    }

    private var identity: [String: JSONValue] { ["job": .int(job.id), "fence": .int(job.fence)] }

    // MARK: - Report

    private func report(_ verdict: JobVerdict) async {
        guard var parameters = verdict.parameters else { return }
        parameters.merge(identity) { _, identity in identity }
        var pause = Duration.milliseconds(200)
        for _ in 0..<5 {
            do {
                _ = try await host.call("job.finish", parameters)
                return
            } catch let error as GatehouseError {
                host.log("the end of job \(job.id) was not taken: \(error.message)")
                let isFinal = [.conflict, .notFound, .forbidden, .invalidParameters, .pluginFailed].contains(error.code)
                guard !isFinal else { return }
            } catch {
                return
            }
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            pause *= 2
        }
    }
}
