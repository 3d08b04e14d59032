// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// The handlers of the HTTP phase of a connection: put in once, taken out for good on an upgrade.
final class HTTPStages {
    private let limits: HTTPRequestLimits
    private let encoder: HTTPResponseEncoder
    private var decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let life: HTTPConnectionLife
    private let shortcut: (any ChannelHandler & RemovableChannelHandler)?
    private let codec: HTTP1ToHTTPServerCodec

    init(limits: HTTPRequestLimits, secure: Bool, shortcut: (any ChannelHandler & RemovableChannelHandler)?) {
        self.limits = limits
        self.shortcut = shortcut
        encoder = HTTPResponseEncoder()
        decoder = Self.makeDecoder(limits)
        life = HTTPConnectionLife(limits: limits, encoder: encoder)
        codec = HTTP1ToHTTPServerCodec(secure: secure)
    }

    /// Adds everything, with the gate where it belongs.
    func install(gate: UpgradeGate, in pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandlers([encoder, decoder, life])
        if let shortcut { try pipeline.addHandler(shortcut) }
        try pipeline.addHandlers([gate, codec])
    }

    /// Puts a fresh decoder behind the old one and takes that out: its left-over bytes go to the new one.
    func renewDecoder(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        let old = decoder
        decoder = Self.makeDecoder(limits)
        try pipeline.addHandler(decoder, position: .after(old))
        pipeline.removeHandler(old).assumeIsolated().whenComplete { _ in
            // The bytes went on without a read cycle of their own, and the server only looks at the end of one.
            pipeline.fireChannelReadComplete()
        }
    }

    /// Takes everything out that the gate does not need any more, but for the decoder.
    func removeAllButDecoder(gate: UpgradeGate, in pipeline: ChannelPipeline.SynchronousOperations) {
        pipeline.removeHandler(life, promise: nil)
        if let shortcut { pipeline.removeHandler(shortcut, promise: nil) }
        pipeline.removeHandler(codec, promise: nil)
        pipeline.removeHandler(encoder, promise: nil)
        pipeline.removeHandler(gate, promise: nil)
    }

    /// Adds what comes after HTTP, where it gets the bytes that the decoder holds.
    func add(_ handler: WebSocketHandler, in pipeline: ChannelPipeline.SynchronousOperations) throws {
        try pipeline.addHandler(handler, position: .after(decoder))
    }

    /// Takes the decoder out; the bytes it holds go to the next handler before the future succeeds.
    func removeDecoder(in pipeline: ChannelPipeline.SynchronousOperations) -> EventLoopFuture<Void> {
        pipeline.removeHandler(decoder)
    }

    private static func makeDecoder(_ limits: HTTPRequestLimits) -> ByteToMessageHandler<HTTPRequestDecoder> {
        var sizes = NIOHTTPDecoderLimitConfiguration()
        sizes.maxHeaderFieldSize = limits.headerField
        sizes.maxHeaderListSize = limits.headerList
        sizes.maxHeaderFieldCount = limits.headerCount
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: sizes))
    }
}
