// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A line to send, and the promise of the line that answers it.
struct Question: Sendable {
    let line: ByteBuffer
    let answer: EventLoopPromise<[UInt8]>
}

/// Sends questions and hands each answer to the oldest question without one.
final class LineExchange: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Question
    typealias OutboundOut = ByteBuffer

    private var lines: LineBuffer
    private var waiting = CircularBuffer<EventLoopPromise<[UInt8]>>()

    init(maximumLine: Int) { lines = LineBuffer(maximum: maximumLine) }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        waiting.append(question.answer)
        context.write(wrapOutboundOut(question.line), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            for line in try lines.lines(adding: buffer.readableBytesView) {
                guard let answer = waiting.popFirst() else {
                    throw Failure(.failed, "The daemon said something that nobody asked for.")
                }
                answer.succeed(line)
            }
        } catch {
            let failure = error as? Failure ?? Failure(.failed, "The daemon's answer is too long to be one.")
            fail(failure)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(Failure(.unreachable, "Gatehouse closed the connection before it answered; its log tells more."))
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        while let answer = waiting.popFirst() { answer.fail(error) }
    }
}
