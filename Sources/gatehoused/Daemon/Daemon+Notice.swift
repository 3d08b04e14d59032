// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import HostSystem
import Logging
import Model
import Web

extension Daemon {
    /// What tells the service manager how the daemon is; nil where nobody wants to know.
    func notice(api: CoreAPI, web: WebServer, socket: AdminSocket) -> ServiceNotice? {
        guard let receiver = handover.receiver else { return nil }
        return ServiceNotice(
            receiver: receiver, watchdog: handover.watchdog,
            waitUntilServing: {
                guard await web.waitUntilListening() else { return false }
                return await socket.waitUntilListening()
            },
            status: { [logger] in await Self.status(api, origin: web.origin, logger: logger) }, logger: logger)
    }

    /// How the daemon is, asked through the core as any caller would.
    private static func status(_ api: CoreAPI, origin: String, logger: Logger) async -> String? {
        let principal = Principal(identity: .local(name: "watchdog"), address: "local")
        do {
            let found = try await api.call("system.status", [:], principal: principal)
            let nodes = found["nodes"]?.objectValue?.mapValues { $0.intValue ?? 0 } ?? [:]
            let hint = api.core.access.hasSuperUser ? "" : "; no account yet, run `gatehouse setup-link`"
            let counts = ["machines", "consoles"].map { found[$0]?.intValue ?? 0 }
            return "Serving at \(origin); \(nodes["online"] ?? 0) of \(nodes.values.reduce(0, +)) nodes online, "
                + "\(counts[0]) machines, \(counts[1]) consoles open\(hint)"
        } catch {
            if !Task.isCancelled { logger.error("the core does not answer", metadata: ["error": "\(error)"]) }
            return nil
        }
    }
}
