// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import HostSystem
import Logging
import ServiceLifecycle
import Web

/// Says where to log in; on first start, how to make the first superuser.
///
/// The set-up link is a secret: it goes to a terminal, where a person sees it, and never to the log.
struct Greeting: Service {
    let api: CoreAPI
    let web: WebServer
    let logger: Logger

    func run() async throws {
        guard await web.waitUntilListening() else {
            // Why is told by what ends the host.
            try? await gracefulShutdown()
            return
        }
        logger.info("ready", metadata: ["address": "\(web.origin)"])
        if StandardStream.output.isTerminal { StandardStream.output.write("\nGatehouse is at \(web.origin)\n") }
        if !api.core.access.hasSuperUser {
            if StandardStream.output.isTerminal {
                let made = try await api.core.accounts.makeSetupToken()
                StandardStream.output.write(
                    "Make the first account there within 24 hours:\n  \(web.origin)/setup#token=\(made.token)\n\n")
            } else {
                logger.notice("no account yet: run `gatehouse setup-link` to make the first one")
            }
        }
        try? await gracefulShutdown()
    }
}
