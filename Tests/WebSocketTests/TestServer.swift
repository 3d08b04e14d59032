// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SwiftASN1
import WebSocket
import X509

/// Runs a real server on a free port for as long as `body` takes, and then stops it gracefully.
func withServer(
    tls: Bool = false, limits: HTTPRequestLimits = HTTPRequestLimits(), decide: @escaping UpgradeDecider,
    _ body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () async throws -> Void) async throws -> Void
) async throws {
    let context = tls ? try makeTLSContext() : nil
    let setup = UpgradableHTTPChannel(
        responder: { request, writer, _ in
            let body = ByteBuffer(string: "router: \(request.uri.path)")
            let head = HTTPResponse(status: .ok, headerFields: [.contentLength: "\(body.readableBytes)"])
            for try await _ in request.body {}
            try await writer.write(response: head, body: ResponseBody(byteBuffer: body))
        },
        limits: limits, tls: context.map { context in { @Sendable in context } }, decide: decide)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = Server(
        childChannelSetup: setup, configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        do {
            try await body(port) { try await server.shutdownGracefully() }
        } catch {
            group.cancelAll()
            throw error
        }
        try await server.shutdownGracefully()
        try await group.waitForAll()
    }
}

/// A fresh self-signed certificate.
private func makeTLSContext() throws -> NIOSSLContext {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName("localhost") }
    let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: .now - 60,
        notValidAfter: .now + 3600, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: .init(), issuerPrivateKey: .init(key))
    let pem = try certificate.serializeAsPEM().pemString
    var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)))
    configuration.shutdownTimeout = .milliseconds(500)
    return try NIOSSLContext(configuration: configuration)
}
