// SPDX-License-Identifier: Apache-2.0

import Model
import NIOCore

/// Carries out the handshake with a VNC server on its channel and then takes itself out.
final class RFBClientHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let promise: EventLoopPromise<ByteBuffer>
    private let timeout: TimeAmount
    private var handshake: RFBClientHandshake
    private var input = ByteBuffer()
    private var deadline: Scheduled<Void>?
    private var isOver = false

    /// The promise gets what came behind the handshake, normally nothing.
    init(credential: ConsoleCredential?, timeout: TimeAmount, promise: EventLoopPromise<ByteBuffer>) {
        handshake = RFBClientHandshake(credential: credential)
        self.timeout = timeout
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            let seconds = self.timeout.nanoseconds / 1_000_000_000
            let message = "The VNC server did not finish the handshake within \(seconds) s; is it busy?"
            self.finish(.failure(GatehouseError(.consoleUnreachable, message)), context)
        }
        if context.channel.isActive { context.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        input.writeImmutableBuffer(unwrapInboundIn(data))
        do throws(GatehouseError) {
            while let step = try handshake.next(&input) {
                switch step {
                case .send(let bytes):
                    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
                case .done:
                    finish(.success(input), context)
                    return
                }
            }
        } catch {
            finish(.failure(error), context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !isOver { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(handshake.endOfInput), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let message = "The connection to the VNC server broke: \(ConsoleFailure.text(of: error))."
        finish(.failure(GatehouseError(.consoleUnreachable, message, cause: "\(error)")), context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(.failure(handshake.endOfInput), context)
    }

    private func finish(_ result: Result<ByteBuffer, GatehouseError>, _ context: ChannelHandlerContext) {
        guard !isOver else { return }
        isOver = true
        deadline?.cancel()
        deadline = nil
        switch result {
        case .success(let rest):
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            promise.succeed(rest)
        case .failure(let error):
            context.close(promise: nil)
            promise.fail(error)
        }
    }
}
