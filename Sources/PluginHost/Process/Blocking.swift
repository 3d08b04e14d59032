// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model

/// Work that blocks, on a thread of its own.
enum Blocking {
    /// Runs the body and returns what it gives.
    static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try OwnThread.start("plugin-files") { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(
                    throwing: GatehouseError(
                        .internal, "The system gives no thread. Try again.", cause: String(describing: error)))
            }
        }
    }
}
