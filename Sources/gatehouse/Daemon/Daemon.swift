// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONRPC
import Model
import NIOCore
import NIOPosix
import Synchronization

/// The running daemon, over its socket: JSON-RPC 2.0, one message a line, answers in order.
final class Daemon: Sendable {
    /// How long things may take and how long a line may be.
    struct Limits: Sendable {
        var connect: TimeAmount = .seconds(5)
        var answer: TimeAmount = .seconds(120)
        var line = 4 << 20
    }

    /// Where the socket is when nothing else is said.
    static let standardSocket = "/run/gatehouse/gatehouse.sock"

    private let channel: any Channel
    private let limits: Limits
    private let lastID = Mutex<Int64>(0)

    private init(channel: any Channel, limits: Limits) {
        self.channel = channel
        self.limits = limits
    }

    /// Connects, says who asks where that is needed, and closes the connection after the work.
    static func connected<Result>(
        to socket: String, limits: Limits = Limits(), _ work: (Daemon) async throws -> Result
    ) async throws -> Result {
        let daemon = Daemon(channel: try await connect(to: socket, limits), limits: limits)
        do {
            try await daemon.authenticate(socket: socket)
            let result = try await work(daemon)
            try? await daemon.channel.close()
            return result
        } catch {
            try? await daemon.channel.close()
            throw error
        }
    }

    /// Calls a method of the core API.
    ///
    /// - Throws: a `Failure` only.
    func call(_ method: String, _ parameters: [String: JSONValue] = [:]) async throws -> JSONValue {
        let id = lastID.withLock { last in
            last += 1
            return last
        }
        let request = RPCRequest(method: method, parameters: parameters, id: .int(id))
        let line = try await exchange(JSONWriter.bytes(request.json))
        do {
            let response = try RPCResponse(json: JSONParser.parse(line, maximumDepth: 64))
            guard response.id == .int(id) || response.id.isNull else {
                throw Failure(.failed, "The daemon answered something else than was asked.")
            }
            return try response.outcome.get()
        } catch let error as GatehouseError {
            throw Failure(error)
        }
    }

    private func exchange(_ bytes: [UInt8]) async throws -> [UInt8] {
        guard bytes.count <= limits.line else { throw Failure(.usage, "The parameters are too long.") }
        let answer = channel.eventLoop.makePromise(of: [UInt8].self)
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: limits.answer) {
            answer.fail(Failure(.timeout, "Gatehouse took too long to answer; look at its log."))
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        var line = channel.allocator.buffer(capacity: bytes.count + 1)
        line.writeBytes(bytes)
        line.writeInteger(UInt8(ascii: "\n"))
        channel.writeAndFlush(Question(line: line, answer: answer)).whenFailure { answer.fail($0) }
        do {
            return try await answer.futureResult.get()
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unreachable, "The connection to Gatehouse broke: \(error)")
        }
    }

    /// Shows the daemon the token that only its own user can read; root needs none.
    private func authenticate(socket: String) async throws {
        guard !Surroundings.current.isRoot else { return }
        let path = URL(fileURLWithPath: socket).deletingLastPathComponent().appendingPathComponent("admin-token").path
        guard let content = FileManager.default.contents(atPath: path) else { return }
        let token = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        _ = try await call("socket.authenticate", ["token": .string(token)])
    }
}

// MARK: - Connecting

extension Daemon {
    private static func connect(to socket: String, _ limits: Limits) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(limits.connect)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LineExchange(maximumLine: limits.line))
                }
            }
        do {
            return try await bootstrap.connect(unixDomainSocketPath: socket).get()
        } catch {
            throw failure(for: error, socket: socket)
        }
    }

    private static func failure(for error: any Error, socket: String) -> Failure {
        switch (error as? IOError)?.errnoCode {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            return Failure(
                .unreachable,
                "Gatehouse does not seem to run here (nobody listens on \(socket)); "
                    + "start gatehoused, or name its socket with --socket.")
        case EACCES, EPERM:
            return Failure(.notPermitted, "You may not use \(socket); run this as root, or as the daemon's user.")
        default: break
        }
        if case .connectTimeout? = error as? ChannelError {
            return Failure(.unreachable, "Gatehouse does not answer on \(socket); look at its log.")
        }
        if error is SocketAddressError { return Failure(.usage, "The socket's path is too long: \(socket)") }
        return Failure(.unreachable, "Gatehouse can not be reached on \(socket): \(error)")
    }
}
