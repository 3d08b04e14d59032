// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Moves bytes between a browser (front) and a console source (back), both on one event loop.
///
/// Neither channel reads by itself. After a read the other side is flushed; the next read is asked for at once
/// if that side takes more, and otherwise when it becomes writable again. So there is no queue of our own, and a
/// side that stops reading costs what one round of reads and the sockets hold. To be used on its loop only.
final class ConsolePump {
    private enum Phase {
        /// The browser is being greeted; the source waits.
        case handshake(RFBServerHandshake)
        case flowing
        case ended
    }

    /// The most bytes that are given to TLS at a time: NIOSSL keeps a buffer as large as one flush ever was.
    private static let encryptedPiece = 32 * 1024

    private let counters: ConsoleCounters
    private let onActivity: @Sendable () -> Void
    private let onEnd: (ConsoleEnd) -> Void
    private let activityInterval: TimeAmount
    private var phase: Phase
    private var meter: RFBInputMeter?
    private var front: ChannelHandlerContext?
    private var back: ChannelHandlerContext?
    /// A side that would read if the other took more.
    private var frontWaits = false
    private var backWaits = false
    private var frontNeedsFlush = false
    private var backNeedsFlush = false
    private var lastActivity: NIODeadline?
    private var greeting = ByteBuffer()
    /// What the source sent before anybody asked it to; it comes first.
    private var early = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private let isText: Bool
    /// Whether the browser's side speaks TLS.
    let isEncrypted: Bool

    init(_ plan: ConsolePumpPlan, counters: ConsoleCounters, onEnd: @escaping (ConsoleEnd) -> Void) {
        self.counters = counters
        self.onEnd = onEnd
        onActivity = plan.onActivity
        activityInterval = plan.activityInterval
        isText = plan.isText
        isEncrypted = plan.isEncrypted
        phase = plan.isText ? .flowing : .handshake(RFBServerHandshake(asking: plan.question))
        meter = plan.isText ? nil : RFBInputMeter()
    }

    // MARK: The two sides come and go

    func frontAdded(_ context: ChannelHandlerContext, handshakeTimeout: TimeAmount) {
        if case .ended = phase { return }
        front = context
        if case .handshake = phase {
            context.writeAndFlush(NIOAny(RFBServerHandshake.opening), promise: nil)
            deadline = context.eventLoop.assumeIsolated().scheduleTask(in: handshakeTimeout) {
                self.end(.handshakeTimedOut)
            }
        }
        context.read()
    }

    func backAdded(_ context: ChannelHandlerContext) {
        back = context
        if case .flowing = phase { context.read() }
    }

    /// Bytes that came behind the source's handshake, for the time when the browser's is done.
    func keepForFront(_ bytes: ByteBuffer) {
        early = bytes
    }

    func frontClosed() {
        front = nil
        end(.peerClosed)
    }

    func backClosed() {
        back = nil
        end(.sourceEnded)
    }

    /// Ends once: what has been read is flushed, the source is closed; closing the front is for `onEnd`.
    func end(_ reason: ConsoleEnd) {
        if case .ended = phase { return }
        phase = .ended
        deadline?.cancel()
        deadline = nil
        front?.flush()
        back?.close(promise: nil)
        onEnd(reason)
    }

    // MARK: Browser to source

    func frontRead(_ bytes: ByteBuffer) {
        switch phase {
        case .flowing: forward(bytes)
        case .handshake(let handshake): greet(handshake, bytes)
        case .ended: break
        }
    }

    func frontText(_ text: ConsoleText) {
        guard isText else {
            end(.requested(code: 1003, reason: "this console takes binary frames only"))
            return
        }
        guard !text.isControl else { return }
        frontRead(text.bytes)
    }

    private func forward(_ bytes: ByteBuffer) {
        counters.addIn(bytes.readableBytes)
        if isText {
            reportActivity()
        } else if meter?.sawInput(in: bytes) == true {
            reportActivity()
        }
        back?.write(NIOAny(bytes), promise: nil)
        backNeedsFlush = true
    }

    private func greet(_ handshake: RFBServerHandshake, _ bytes: ByteBuffer) {
        var handshake = handshake
        greeting.writeImmutableBuffer(bytes)
        do throws(RFBServerHandshake.Violation) {
            while let step = try handshake.next(&greeting) {
                switch step {
                case .send(let answer):
                    front?.write(NIOAny(answer), promise: nil)
                    frontNeedsFlush = true
                case .done:
                    startFlow()
                    return
                }
            }
            phase = .handshake(handshake)
        } catch {
            if let answer = error.answer { front?.write(NIOAny(answer), promise: nil) }
            end(.peerViolated(error.reason))
        }
    }

    private func startFlow() {
        phase = .flowing
        deadline?.cancel()
        deadline = nil
        let rest = greeting
        greeting = ByteBuffer()
        if rest.readableBytes > 0 { forward(rest) }
        if early.readableBytes > 0 {
            backRead(early)
            early = ByteBuffer()
        }
        back?.read()
    }

    func frontReadComplete() {
        if frontNeedsFlush {
            frontNeedsFlush = false
            front?.flush()
        }
        if backNeedsFlush {
            backNeedsFlush = false
            back?.flush()
        }
        guard let front, let back else { return }
        if back.channel.isWritable {
            front.read()
        } else {
            frontWaits = true
        }
    }

    func frontWritabilityChanged() {
        guard backWaits, let front, front.channel.isWritable else { return }
        backWaits = false
        back?.read()
    }

    private func reportActivity() {
        let now = NIODeadline.now()
        if let lastActivity, now - lastActivity < activityInterval { return }
        lastActivity = now
        onActivity()
    }

    // MARK: Source to browser

    func backRead(_ bytes: ByteBuffer) {
        guard case .flowing = phase else { return }
        counters.addOut(bytes.readableBytes)
        guard isEncrypted, bytes.readableBytes > Self.encryptedPiece else {
            front?.write(NIOAny(bytes), promise: nil)
            return
        }
        var rest = bytes
        while rest.readableBytes > 0,
            let piece = rest.readSlice(length: min(rest.readableBytes, Self.encryptedPiece))
        {
            front?.writeAndFlush(NIOAny(piece), promise: nil)
        }
    }

    func backReadComplete() {
        guard let front, let back else { return }
        front.flush()
        if front.channel.isWritable {
            back.read()
        } else {
            backWaits = true
        }
    }

    func backWritabilityChanged() {
        guard frontWaits, let back, back.channel.isWritable else { return }
        frontWaits = false
        front?.read()
    }
}

/// What a pump needs to know of its console.
struct ConsolePumpPlan: Sendable {
    let isText: Bool
    let isEncrypted: Bool
    let question: RFBServerHandshake.Question?
    let activityInterval: TimeAmount
    let onActivity: @Sendable () -> Void
}
