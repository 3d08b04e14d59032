// SPDX-License-Identifier: Apache-2.0

package import Model
package import NIOCore

/// How a console session behaves.
package struct ConsoleSessionSettings: Sendable {
    /// The time a browser has for the RFB handshake.
    package var handshakeTimeout: TimeAmount
    /// The least time between two calls of `onActivity`.
    package var activityInterval: TimeAmount
    /// Whether the browser's connection speaks TLS, whose buffers grow with what is read at a time.
    package var isEncrypted: Bool
    /// What a client that speaks RFB without a ticket is asked; nil for nothing.
    package var question: RFBServerHandshake.Question?
    /// Called on the event loop when somebody types or moves the mouse.
    package var onActivity: @Sendable () -> Void

    /// The product's values: 10 s for the handshake, activity at most every 5 s.
    package init(
        handshakeTimeout: TimeAmount = .seconds(10), activityInterval: TimeAmount = .seconds(5),
        isEncrypted: Bool = true, question: RFBServerHandshake.Question? = nil,
        onActivity: @escaping @Sendable () -> Void = {}
    ) {
        self.handshakeTimeout = handshakeTimeout
        self.activityInterval = activityInterval
        self.isEncrypted = isEncrypted
        self.question = question
        self.onActivity = onActivity
    }
}

/// One console between a browser and its source, from the handshake with the browser to the end.
///
/// It owns the backend. Install `makeHandler()` at the end of the browser's pipeline, or call
/// `end(_:)` if that will not happen. Good from any thread unless said otherwise.
package final class ConsoleSession: Sendable {
    /// Succeeds once with the reason why the session ended; it never fails.
    package let ended: EventLoopFuture<ConsoleEnd>

    private let backend: ConsoleBackend
    private let settings: ConsoleSessionSettings
    private let type: ConsoleType
    private let counters = ConsoleCounters()
    private let promise: EventLoopPromise<ConsoleEnd>
    private let pump: NIOLoopBoundBox<ConsolePump?>
    private let onEnd: @Sendable (ConsoleEnd) -> Void
    private let wasEnded: NIOLoopBoundBox<Bool>

    /// Takes over a backend.
    ///
    /// `onEnd` is called once on the event loop, before `ended` succeeds; it must close the browser's
    /// connection with `closeCode` and `closeReason`.
    package init(
        type: ConsoleType, backend: ConsoleBackend, settings: ConsoleSessionSettings = ConsoleSessionSettings(),
        onEnd: @escaping @Sendable (ConsoleEnd) -> Void
    ) {
        let eventLoop = backend.channel.eventLoop
        self.type = type
        self.backend = backend
        self.settings = settings
        self.onEnd = onEnd
        promise = eventLoop.makePromise()
        ended = promise.futureResult
        pump = .makeEmptyBox(valueType: ConsolePump.self, eventLoop: eventLoop)
        wasEnded = .makeBoxSendingValue(false, eventLoop: eventLoop)
        backend.channel.closeFuture.whenComplete { _ in self.finish(.sourceEnded) }
    }

    /// Bytes carried so far.
    package var statistics: ConsoleStatistics { counters.snapshot }

    /// Makes the handler for the end of the browser's pipeline, behind the one that yields payload.
    ///
    /// It takes payload as `ByteBuffer` and text messages as `ConsoleText` events. To be called once, on the event
    /// loop of the backend, which must be the browser's too; installing it starts the session.
    package func makeHandler() -> any ChannelHandler {
        let plan = ConsolePumpPlan(
            isText: type == .text, isEncrypted: settings.isEncrypted, question: settings.question,
            activityInterval: settings.activityInterval, onActivity: settings.onActivity)
        let pump = ConsolePump(plan, counters: counters) { reason in self.finish(reason) }
        self.pump.value = pump
        if !wasEnded.value { backend.attach(pump) }
        return ConsoleFrontHandler(pump: pump, handshakeTimeout: settings.handshakeTimeout)
    }

    /// Ends the session; later calls do nothing.
    package func end(_ reason: ConsoleEnd) {
        let eventLoop = backend.channel.eventLoop
        if eventLoop.inEventLoop {
            endOnLoop(reason)
        } else {
            eventLoop.execute { self.endOnLoop(reason) }
        }
    }

    private func endOnLoop(_ reason: ConsoleEnd) {
        if let pump = pump.value {
            pump.end(reason)
        } else {
            finish(reason)
        }
    }

    private func finish(_ reason: ConsoleEnd) {
        guard !wasEnded.value else { return }
        wasEnded.value = true
        backend.channel.close(promise: nil)
        onEnd(reason)
        promise.succeed(reason)
        pump.value = nil
    }
}
