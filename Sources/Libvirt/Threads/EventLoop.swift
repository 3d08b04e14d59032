// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import HostSystem
import Synchronization

/// The one thread of the process that runs libvirt's event loop, while anybody needs it.
///
/// Nothing on this thread may block: every node's events and every text console go through it.
final class EventLoop: Sendable {
    /// Keeps the loop running for as long as it lives.
    final class Lease: Sendable {
        fileprivate init() {}

        deinit { EventLoop.shared.release() }
    }

    private struct State {
        var leases = 0
        var isRunning = false
    }

    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// The process's loop.
    static let shared = EventLoop()

    private let state = Mutex(State())

    private init() {}

    /// Starts the loop where it does not run yet; nil where the system gives no thread.
    func lease() -> Lease? {
        guard LibvirtLibrary.isReady else { return nil }
        let isRunning = state.withLock { state in
            state.leases += 1
            if !state.isRunning { state.isRunning = (try? OwnThread.start("libvirt-events") { self.run() }) != nil }
            return state.isRunning
        }
        let lease = Lease()
        return isRunning ? lease : nil
    }

    /// Whether the thread is there now.
    var isRunning: Bool { state.withLock { $0.isRunning } }

    /// Runs something on the loop's thread soon; the caller holds a lease.
    func post(_ run: @escaping @Sendable () -> Void) {
        let work = unsafe Unmanaged.passRetained(Work(run))
        let timer = unsafe virEventAddTimeout(
            0,
            { timer, opaque in
                virEventRemoveTimeout(timer)
                guard let opaque = unsafe opaque else { return }
                unsafe Unmanaged<Work>.fromOpaque(opaque).takeUnretainedValue().run()
            }, work.toOpaque(),
            { opaque in
                guard let opaque = unsafe opaque else { return }
                unsafe Unmanaged<Work>.fromOpaque(opaque).release()
            })
        if timer < 0 { unsafe work.release() }
    }

    private func release() {
        let isLast = state.withLock { state in
            state.leases -= 1
            return state.leases == 0 && state.isRunning
        }
        if isLast { post {} }
    }

    private func run() {
        // One turn more after the last lease, so that libvirt frees what was removed meanwhile.
        var turnsLeft = 2
        while turnsLeft > 0 {
            if state.withLock({ $0.leases == 0 }) {
                turnsLeft -= 1
                post {}
            } else {
                turnsLeft = 2
            }
            _ = virEventRunDefaultImpl()
            if turnsLeft == 0, !mayEnd() { turnsLeft = 2 }
        }
    }

    private func mayEnd() -> Bool {
        state.withLock { state in
            guard state.leases == 0 else { return false }
            state.isRunning = false
            return true
        }
    }
}
