// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import NIOCore
import NIOPosix
import Synchronization

@testable import gatehouse

/// What a responder answers.
struct Script {
    private let answer: Responder.Answer

    init(_ answer: @escaping Responder.Answer) { self.answer = answer }

    /// Runs a test against a responder.
    func run(_ body: (Responder) async throws -> Void) async throws {
        let directory = "/tmp/gatehouse-cli-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let responder = try await Responder(directory: directory, answer)
        do {
            try await body(responder)
            try await responder.channel.close()
        } catch {
            try? await responder.channel.close()
            throw error
        }
    }
}

/// A daemon that knows a few answers, on a real unix socket.
final class Responder: Sendable {
    /// What it does with a call.
    enum Reply: Sendable {
        case result(JSONValue)
        case error(GatehouseError)
        /// These bytes as they are.
        case raw(String)
        case close
        case silence
    }

    /// A call that came.
    struct Request: Sendable, Equatable {
        let method: String
        let parameters: [String: JSONValue]
    }

    typealias Answer = @Sendable (Request) -> Reply

    fileprivate let channel: any Channel
    private let record = Record()
    let directory: String

    /// What was asked so far.
    var requests: [Request] { record.requests }
    var socket: String { directory + "/s.sock" }

    fileprivate init(directory: String, _ answer: @escaping Answer) async throws {
        self.directory = directory
        let record = record
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ResponderHandler { request in
                            record.add(request)
                            return answer(request)
                        })
                }
            }
            .bind(unixDomainSocketPath: directory + "/s.sock").get()
    }

    /// Runs the command line against this responder.
    func run(
        _ arguments: String..., isRoot: Bool = true, input: String = "", hidden: [String] = []
    ) async -> Outcome {
        await Outcome.of(
            arguments, environment: ["GATEHOUSE_SOCKET": socket], isRoot: isRoot, input: input, hidden: hidden)
    }
}

/// What came so far.
private final class Record: Sendable {
    private let state = Mutex<[Responder.Request]>([])
    var requests: [Responder.Request] { state.withLock { $0 } }
    func add(_ request: Responder.Request) { state.withLock { $0.append(request) } }
}

private final class ResponderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var lines = LineBuffer(maximum: 1 << 20)
    private let answer: Responder.Answer

    init(_ answer: @escaping Responder.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        for line in (try? lines.lines(adding: buffer.readableBytesView)) ?? [] {
            guard
                case .single(.success(let request))? = try? RPCMessage.parse(line, maximumDepth: 32, maximumBatch: 1)
            else {
                context.close(promise: nil)
                return
            }
            let id = request.id ?? .null
            switch answer(Responder.Request(method: request.method, parameters: request.parameters)) {
            case .result(let value): send(RPCResponse(id: id, outcome: .success(value)), context)
            case .error(let error): send(RPCResponse(id: id, outcome: .failure(error)), context)
            case .raw(let text): send(text, context)
            case .close: context.close(promise: nil)
            case .silence: break
            }
        }
    }

    private func send(_ response: RPCResponse, _ context: ChannelHandlerContext) {
        send(JSONWriter.text(response.json) + "\n", context)
    }

    private func send(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}

/// What a run of the command line did.
struct Outcome: Sendable {
    let status: ProcessStatus
    let out: String
    let error: String

    /// Runs the command line in surroundings of a test's making.
    static func of(
        _ arguments: [String], environment: [String: String] = [:], isRoot: Bool = true, input: String = "",
        hidden: [String] = []
    ) async -> Outcome {
        let (out, error, left) = (Text(), Text(), Answers(hidden))
        let surroundings = Surroundings(
            environment: environment, isRoot: isRoot, out: { out.add($0) }, error: { error.add($0) },
            input: { Array(input.utf8.prefix($0)) }, hiddenLine: { _ in left.next() })
        let status = await Surroundings.$current.withValue(surroundings) { await Program.run(arguments) }
        return Outcome(status: status, out: out.text, error: error.text)
    }
}

private final class Text: Sendable {
    private let state = Mutex("")
    var text: String { state.withLock { $0 } }
    func add(_ more: String) { state.withLock { $0 += more } }
}

private final class Answers: Sendable {
    private let state: Mutex<[String]>
    init(_ answers: [String]) { state = Mutex(answers) }
    func next() -> String? { state.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}

/// Something that listens on a port of this host.
struct OneListener {
    private let channel: any Channel
    let port: Int

    init() async throws {
        // As the daemon does: else a connection that is not quite closed keeps the port from the next one.
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }
}
