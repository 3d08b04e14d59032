// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Synchronization

/// What libvirt's callbacks leave for the session's task: which machines to look at again.
///
/// It holds each machine once, so it can not grow beyond the number of machines. It is filled on the
/// event loop's thread, which must not wait.
final class NodeSignals: Sendable {
    /// What has come together.
    struct Batch: Sendable, Equatable {
        /// The machines to read again, in the order of their first event.
        var changed: [UUID] = []
        /// Whether to read everything again.
        var needsInventory = false
        /// Why the connection is gone, where it is.
        var lost: String?
    }

    private let batch = Mutex(Batch())
    private let wake: AsyncStream<Void>.Continuation
    /// Yields after each change; several changes may come as one.
    let wakeups: AsyncStream<Void>

    init() {
        (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// A machine has changed.
    func changed(_ uuid: UUID) {
        batch.withLock { if !$0.changed.contains(uuid) { $0.changed.append(uuid) } }
        wake.yield()
    }

    /// Everything has to be read again.
    func requestInventory() {
        batch.withLock { $0.needsInventory = true }
        wake.yield()
    }

    /// The connection is gone; the first reason stays.
    func lost(_ reason: String) {
        batch.withLock { if $0.lost == nil { $0.lost = reason } }
        wake.yield()
    }

    /// Why the connection is gone, where it is.
    var lossReason: String? { batch.withLock { $0.lost } }

    /// Takes what has come together; the loss stays.
    func take() -> Batch {
        batch.withLock { batch in
            defer { batch = Batch(lost: batch.lost) }
            return batch
        }
    }
}
