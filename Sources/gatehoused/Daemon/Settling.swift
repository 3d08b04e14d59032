// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Logging
import ServiceLifecycle

/// Gives back, once, what only the start needed: most of the code of the libraries runs never again.
struct Settling: Service {
    /// Returns once connections are taken; false where it does not come to that.
    let waitUntilServing: @Sendable () async -> Bool
    let logger: Logger

    /// From when connections are taken until nodes, plugins and pages are expected to have come up.
    private static let delay = Duration.seconds(15)

    func run() async throws {
        if await waitUntilServing() {
            await cancelWhenGracefulShutdown {
                guard (try? await Task.sleep(for: Self.delay)) != nil else { return }
                do {
                    try OwnThread.start("settling") { ProcessMemory.releaseUnused() }
                } catch {
                    logger.warning("memory of the start is kept", metadata: ["error": "\(error)"])
                }
            }
        }
        try? await gracefulShutdown()
    }
}
