// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Glibc
import Synchronization

/// Carries a text console's bytes between a libvirt stream and a socket.
///
/// It lives on the event loop's thread, except for sending into the stream and ending it: those wait
/// for the node, so they run on threads of the pump's own. While input is being sent no more is taken
/// from the socket. Output is held back for a slow reader up to `backlogLimit`, since libvirt has
/// no way to slow a stream down and would hoard it itself; beyond that the console ends.
final class ConsolePump: @unchecked Sendable {
    /// How far a console is on its way back to the node.
    enum Progress: Sendable {
        /// It is in use.
        case open
        /// It is not in use any more; the node has not confirmed that yet.
        case closing(ConsoleLink)
        /// The node has it back.
        case closed
    }

    /// The most output that waits for the reader, in bytes.
    static let backlogLimit = 4 * 1024 * 1024
    /// The most bytes that are moved at once.
    private static let chunk = 64 * 1024

    private let workers = Workers(name: "libvirt-console", limit: 2, hanging: HangingCalls(limit: .max))
    private let state = Mutex(Progress.open)

    // From here on: the event loop's thread only, and before `begin` the maker's.
    private var lease: EventLoop.Lease?
    private var link: ConsoleLink?
    private var socket: Int32
    private var watch: Int32 = -1
    private var isStreamWatched = false
    private var output = OutputBacklog()
    private var input: ArraySlice<UInt8> = []
    private var isSending = false
    private var buffer = [UInt8](repeating: 0, count: chunk)

    /// Takes over an open console and a socket that does not block.
    init(link: ConsoleLink, socket: Int32, lease: EventLoop.Lease) {
        self.link = link
        self.socket = socket
        self.lease = lease
    }

    /// How far the console is on its way back to the node.
    var progress: Progress { state.withLock { $0 } }

    /// Starts pumping; from any thread.
    func begin() { EventLoop.shared.post { self.watchBoth() } }

    /// Ends at once; from any thread, any number of times.
    func end() { EventLoop.shared.post { self.close() } }

    private func watchBoth() {
        guard let link, socket >= 0 else { return }
        link.whenClosed { [weak self] in self?.end() }
        let opaque = unsafe Unmanaged.passRetained(self).toOpaque()
        watch = unsafe virEventAddHandle(
            socket, VIR_EVENT_HANDLE_READABLE.number, Self.onSocket, opaque, Self.release)
        if watch < 0 { unsafe Unmanaged<ConsolePump>.fromOpaque(opaque).release() }
        let other = unsafe Unmanaged.passRetained(self).toOpaque()
        isStreamWatched = unsafe link.stream.watch(VIR_STREAM_EVENT_READABLE.number, Self.onStream, other, Self.release)
        if !isStreamWatched { unsafe Unmanaged<ConsolePump>.fromOpaque(other).release() }
        if watch < 0 || !isStreamWatched { close() }
    }

    // MARK: Callbacks

    private static let release: virFreeCallback = { opaque in
        guard let opaque = unsafe opaque else { return }
        unsafe Unmanaged<ConsolePump>.fromOpaque(opaque).release()
    }

    private static let onSocket: virEventHandleCallback = { _, _, events, opaque in
        guard let opaque = unsafe opaque else { return }
        unsafe Unmanaged<ConsolePump>.fromOpaque(opaque).takeUnretainedValue().socketIsReady(events)
    }

    private static let onStream: virStreamEventCallback = { _, events, opaque in
        guard let opaque = unsafe opaque else { return }
        unsafe Unmanaged<ConsolePump>.fromOpaque(opaque).takeUnretainedValue().streamIsReady(events)
    }

    // MARK: Output: stream to socket

    private func streamIsReady(_ events: Int32) {
        if events & VIR_STREAM_EVENT_WRITABLE.number != 0, !input.isEmpty { send() }
        receive(events)
        update()
    }

    private func receive(_ events: Int32) {
        guard let link else { return }
        let isBroken = events & (VIR_STREAM_EVENT_ERROR.number | VIR_STREAM_EVENT_HANGUP.number) != 0
        // A few rounds at most, so that one console can not keep the loop from the others.
        for _ in 0..<4 {
            guard let transfer = try? link.stream.receive(into: &buffer) else { return endStream() }
            switch transfer {
            case .moved(0): return endStream()
            case .wouldBlock: return isBroken ? endStream() : ()
            case .moved(let count):
                output.append(buffer[..<count])
                flush()
                guard output.count <= Self.backlogLimit else { return close() }
            }
        }
    }

    private func flush() {
        while socket >= 0, !output.isEmpty {
            let sent = unsafe output.withFront { raw in
                unsafe Glibc.send(socket, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            if sent > 0 {
                output.drop(sent)
            } else if sent < 0, errno == EAGAIN || errno == EINTR {
                return
            } else {
                return close()
            }
        }
        if link == nil { close() }
    }

    // MARK: Input: socket to stream

    private func socketIsReady(_ events: Int32) {
        if events & VIR_EVENT_HANDLE_WRITABLE.number != 0 { flush() }
        let isReadable = events & VIR_EVENT_HANDLE_READABLE.number != 0
        let isBroken = events & (VIR_EVENT_HANDLE_ERROR.number | VIR_EVENT_HANDLE_HANGUP.number) != 0
        // What was written before the other end closed still goes to the machine.
        if isReadable, !isSending, input.isEmpty { readSocket() } else if isBroken, !isReadable { close() }
        update()
    }

    private func readSocket() {
        guard socket >= 0 else { return }
        let count = unsafe buffer.withUnsafeMutableBytes { raw in
            unsafe Glibc.read(socket, raw.baseAddress, raw.count)
        }
        if count > 0 {
            input = buffer[..<count]
            send()
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close()
        }
    }

    private func send() {
        guard let link, !isSending else { return }
        isSending = true
        let bytes = input
        input = []
        do {
            try workers.start {
                let rest = link.send(bytes)
                EventLoop.shared.post { self.wasSent(rest) }
            }
        } catch {
            close()
        }
    }

    private func wasSent(_ rest: ArraySlice<UInt8>?) {
        isSending = false
        guard let rest else { return endStream() }
        input = rest
        update()
    }

    // MARK: State

    /// Watches for what can be done next, and for nothing else.
    private func update() {
        if socket >= 0, watch >= 0 {
            let takesInput = link != nil && !isSending && input.isEmpty
            virEventUpdateHandle(
                watch,
                (takesInput ? VIR_EVENT_HANDLE_READABLE.number : 0)
                    | (output.isEmpty ? 0 : VIR_EVENT_HANDLE_WRITABLE.number))
        }
        if let link, isStreamWatched {
            let waitsForRoom = !input.isEmpty && !isSending
            link.stream.rewatch(
                VIR_STREAM_EVENT_READABLE.number | (waitsForRoom ? VIR_STREAM_EVENT_WRITABLE.number : 0))
        }
    }

    /// The stream is over; what came out of it still goes to the reader.
    private func endStream() {
        giveStreamBack()
        if output.isEmpty { close() } else { update() }
    }

    private func close() {
        if watch >= 0 { _ = virEventRemoveHandle(watch) }
        watch = -1
        if socket >= 0 { _ = Glibc.close(socket) }
        socket = -1
        output = OutputBacklog()
        giveStreamBack()
    }

    /// Aborting asks the node, so it may wait; it needs the event loop until then.
    private func giveStreamBack() {
        guard let link else { return }
        self.link = nil
        if isStreamWatched { link.stream.unwatch() }
        isStreamWatched = false
        let lease = self.lease
        self.lease = nil
        state.withLock { $0 = .closing(link) }
        try? workers.start {
            link.giveBack()
            self.state.withLock { $0 = .closed }
            withExtendedLifetime(lease) {}
        }
    }
}
