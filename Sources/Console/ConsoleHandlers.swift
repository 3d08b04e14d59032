// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The end of the browser's pipeline: what comes in goes to the pump, and no data goes further.
final class ConsoleFrontHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pump: ConsolePump
    private let handshakeTimeout: TimeAmount

    init(pump: ConsolePump, handshakeTimeout: TimeAmount) {
        self.pump = pump
        self.handshakeTimeout = handshakeTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        ConsoleChannel.prepare(context.channel, isEncrypted: pump.isEncrypted)
        if context.channel.isActive { pump.frontAdded(context, handshakeTimeout: handshakeTimeout) }
    }

    func channelActive(context: ChannelHandlerContext) {
        pump.frontAdded(context, handshakeTimeout: handshakeTimeout)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pump.frontClosed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pump.frontRead(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump.frontReadComplete()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump.frontWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        pump.frontClosed()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let text = event as? ConsoleText {
            pump.frontText(text)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}

/// The end of the source's pipeline.
final class ConsoleBackHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pump: ConsolePump

    init(pump: ConsolePump) {
        self.pump = pump
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // A large read costs nothing here; the pump cuts it where TLS would keep a buffer as large.
        ConsoleChannel.prepare(context.channel, isEncrypted: false)
        pump.backAdded(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pump.backClosed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pump.backRead(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pump.backReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump.backWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        pump.backClosed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        pump.end(.sourceFailed(ConsoleFailure.text(of: error)))
        context.close(promise: nil)
    }
}

/// The channel options that both sides of a console share.
enum ConsoleChannel {
    /// Reads per wake-up; NIO's pool keeps at most so many buffers.
    private static let readsPerWakeUp: UInt = 1

    /// No reading by itself, and no large buffers kept.
    static func prepare(_ channel: any Channel, isEncrypted: Bool) {
        guard let options = channel.syncOptions else { return }
        // A channel that closed in the meantime takes no options, and needs none.
        try? options.setOption(.autoRead, value: false)
        try? options.setOption(.maxMessagesPerRead, value: readsPerWakeUp)
        try? options.setOption(.recvAllocator, value: ReceiveAllocator(isEncrypted: isEncrypted))
    }
}
