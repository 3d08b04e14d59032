// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Synchronization

/// Writes lines to a pipe or socket without ever blocking the caller and without ever mixing two lines.
///
/// What there is room for is written at once. The rest is left to a thread of its own, which ends with it.
final class Outbox: Sendable {
    private struct State {
        var waiting: [[UInt8]] = []
        var isDraining = false
        var isBroken = false
        var flushes: [CheckedContinuation<Void, Never>] = []
    }

    /// A pipe that says it can be written takes as much without blocking (pipe(7), PIPE_BUF); so does a socket.
    private static let pieceBytes = 4_096
    /// What one call writes at most before it leaves the rest to the thread.
    private static let burstBytes = 1 << 17

    private let descriptor: OpenDescriptor
    private let state = Mutex(State())

    init(_ descriptor: OpenDescriptor) { self.descriptor = descriptor }

    func send(_ lines: [[UInt8]]) {
        state.withLock { state in
            guard !state.isBroken else { return }
            var lines = lines
            if !state.isDraining { writeAtOnce(&lines, &state) }
            guard !lines.isEmpty else { return }
            state.waiting.append(contentsOf: lines)
            if !state.isDraining { startDraining(&state) }
        }
    }

    private func writeAtOnce(_ lines: inout [[UInt8]], _ state: inout State) {
        var written = 0
        while let line = lines.first {
            var rest = line[...]
            while !rest.isEmpty {
                guard written < Self.burstBytes, isWritable else {
                    lines[0] = Array(rest)
                    return
                }
                guard case .taken(let count) = descriptor.write(rest.prefix(Self.pieceBytes)) else {
                    state.isBroken = true
                    lines = []
                    return
                }
                written += count
                rest = rest.dropFirst(count)
            }
            lines.removeFirst()
        }
    }

    private var isWritable: Bool {
        var wishes = [Readiness(descriptor, .writing)]
        Readiness.wait(for: &wishes, milliseconds: 0)
        return wishes[0].isReady
    }

    private func startDraining(_ state: inout State) {
        do {
            try OwnThread.start("host-writer") { self.drain() }
            state.isDraining = true
        } catch {
            state.isBroken = true
            state.waiting = []
        }
    }

    private func drain() {
        while let lines = next() {
            for line in lines {
                do {
                    try descriptor.writeAll(line)
                } catch {
                    state.withLock { $0.isBroken = true }
                }
            }
        }
    }

    private func next() -> [[UInt8]]? {
        let (lines, flushes) = state.withLock { state -> ([[UInt8]]?, [CheckedContinuation<Void, Never>]) in
            guard state.waiting.isEmpty || state.isBroken else {
                defer { state.waiting = [] }
                return (state.waiting, [])
            }
            state.waiting = []
            state.isDraining = false
            defer { state.flushes = [] }
            return (nil, state.flushes)
        }
        for flush in flushes { flush.resume() }
        return lines
    }

    func flush() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if state.isDraining { state.flushes.append(continuation) }
                return !state.isDraining
            }
            if isEmpty { continuation.resume() }
        }
    }
}
