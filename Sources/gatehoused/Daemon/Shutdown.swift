// SPDX-License-Identifier: Apache-2.0

import Core
import ServiceLifecycle

/// First to act on shutdown: keeps the consoles' locks for their holders and ends the event streams.
///
/// The web edge waits for its connections to end, so whoever holds one open has to be told before.
struct Farewell: Service {
    let core: CoreServices

    func run() async throws {
        try? await gracefulShutdown()
        await core.consoles.prepareForShutdown()
        core.bus.close()
    }
}
