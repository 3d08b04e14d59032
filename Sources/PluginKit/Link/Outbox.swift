// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Synchronization

/// Writes lines to a pipe or socket without ever blocking the caller and without ever mixing two lines.
///
/// Whoever finds nobody writing writes what there is room for, what others add meanwhile too. The rest is left to a
/// thread of its own, which ends with it.
final class Outbox: Sendable {
    private struct State {
        var waiting: [[UInt8]] = []
        /// Since when a line has been held that nobody writes yet, and how many bytes are.
        var heldSince: ContinuousClock.Instant?
        var heldBytes = 0
        /// Whether somebody writes, be it a caller or the thread; nobody else may then.
        var isWriting = false
        var isBroken = false
        var flushes: [CheckedContinuation<Void, Never>] = []

        /// From now on somebody writes everything that waits.
        mutating func begin() {
            isWriting = true
            heldSince = nil
            heldBytes = 0
        }
    }

    /// A pipe that says it can be written takes as much without blocking (pipe(7), PIPE_BUF); so does a socket.
    private static let pieceBytes = 4_096
    /// How long a line may be held while others are added.
    private static let longestHold: Duration = .microseconds(200)
    /// What one caller writes at most before it leaves the rest to the thread.
    private static let burstBytes = 1 << 17

    private let descriptor: OpenDescriptor
    private let state = Mutex(State())

    init(_ descriptor: OpenDescriptor) { self.descriptor = descriptor }

    func send(_ lines: [[UInt8]]) {
        let isMine = state.withLock { state in
            guard !state.isBroken else { return false }
            state.waiting.append(contentsOf: lines)
            guard !state.isWriting else { return false }
            state.begin()
            return true
        }
        if isMine { writeAtOnce() }
    }

    /// Takes lines that go out with others at the next `sendHeld`, or now where some have been held for long enough.
    func hold(_ lines: [[UInt8]]) {
        let isMine = state.withLock { state in
            guard !state.isBroken else { return false }
            state.waiting.append(contentsOf: lines)
            guard !state.isWriting else { return false }
            let now = ContinuousClock.now
            let since = state.heldSince ?? now
            state.heldSince = since
            for line in lines { state.heldBytes += line.count }
            guard state.heldBytes >= Self.pieceBytes || since.duration(to: now) > Self.longestHold else { return false }
            state.begin()
            return true
        }
        if isMine { writeAtOnce() }
    }

    /// Sends what is held.
    func sendHeld() {
        let isMine = state.withLock { state in
            guard !state.isWriting, !state.waiting.isEmpty else { return false }
            state.begin()
            return true
        }
        if isMine { writeAtOnce() }
    }

    /// What is to be written next; nil where there is nothing, and then nobody writes any more.
    private func next() -> [UInt8]? {
        let (bytes, flushes) = state.withLock { state -> ([UInt8]?, [CheckedContinuation<Void, Never>]) in
            guard state.isBroken || state.waiting.isEmpty else {
                var count = 1
                var length = state.waiting[0].count
                while count < state.waiting.count, length + state.waiting[count].count <= Self.pieceBytes {
                    length += state.waiting[count].count
                    count += 1
                }
                defer { state.waiting.removeFirst(count) }
                var bytes = state.waiting[0]
                for line in state.waiting[1..<count] { bytes += line }
                return (bytes, [])
            }
            state.waiting = []
            state.isWriting = false
            defer { state.flushes = [] }
            return (nil, state.flushes)
        }
        for flush in flushes { flush.resume() }
        return bytes
    }

    private func writeAtOnce() {
        var written = 0
        while let bytes = next() {
            var rest = bytes[...]
            while !rest.isEmpty {
                guard written < Self.burstBytes, isWritable else { return leave(rest) }
                guard case .taken(let count) = descriptor.write(rest.prefix(Self.pieceBytes)) else {
                    state.withLock { $0.isBroken = true }
                    break
                }
                written += count
                rest = rest.dropFirst(count)
            }
        }
    }

    private var isWritable: Bool {
        var wishes = [Readiness(descriptor, .writing)]
        Readiness.wait(for: &wishes, milliseconds: 0)
        return wishes[0].isReady
    }

    /// Leaves the rest to a thread.
    private func leave(_ rest: ArraySlice<UInt8>) {
        state.withLock { $0.waiting.insert(Array(rest), at: 0) }
        do {
            try OwnThread.start("host-writer") { self.drain() }
        } catch {
            state.withLock { $0.isBroken = true }
            drain()
        }
    }

    /// Writes everything, blocking where it must.
    private func drain() {
        while let bytes = next() {
            do {
                try descriptor.writeAll(bytes)
            } catch {
                state.withLock { $0.isBroken = true }
            }
        }
    }

    func flush() async {
        sendHeld()
        await withCheckedContinuation { continuation in
            let isWriting = state.withLock { state in
                if state.isWriting { state.flushes.append(continuation) }
                return state.isWriting
            }
            if !isWriting { continuation.resume() }
        }
    }
}
