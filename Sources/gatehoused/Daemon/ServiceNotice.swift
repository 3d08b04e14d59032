// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Logging
import ServiceLifecycle

/// Tells the service manager how the daemon is: ready, alive, stopping (sd_notify(3)).
struct ServiceNotice: Service {
    /// Who is told.
    let receiver: DatagramSender
    /// In what time it wants to hear that the daemon still answers; nil where it does not.
    let watchdog: Duration?
    /// Returns once connections are taken; false where it does not come to that.
    let waitUntilServing: @Sendable () async -> Bool
    /// Asks the daemon how it is, in a line; nil where it does not answer as it should.
    let status: @Sendable () async -> String?
    let logger: Logger

    func run() async throws {
        guard await waitUntilServing() else {
            // Why is told by what ends the host.
            try? await gracefulShutdown()
            return
        }
        tell("READY=1", "STATUS=\(await status() ?? "Serving")")
        if let watchdog {
            await cancelWhenGracefulShutdown { await beat(every: watchdog / 2) }
        } else {
            try? await gracefulShutdown()
        }
        tell("STOPPING=1", "STATUS=Stopping")
    }

    /// Says again and again that the daemon answers, and only while it does: whoever hangs here is silent.
    private func beat(every interval: Duration) async {
        while !Task.isCancelled {
            if let status = await status() { tell("WATCHDOG=1", "STATUS=\(status)") }
            try? await Task.sleep(for: interval)
        }
    }

    private func tell(_ lines: String...) {
        do {
            try receiver.send(Array(lines.joined(separator: "\n").utf8))
        } catch {
            logger.warning("the service manager can not be told", metadata: ["error": "\(error)"])
        }
    }
}
