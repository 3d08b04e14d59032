// SPDX-License-Identifier: Apache-2.0

import Console
import Core
import FoundationEssentials
import Logging
import Model
import NIOCore
import NIOPosix

/// Consoles on ports of their own: RFB or plain text without TLS, for clients that know neither pages nor tickets.
///
/// A port takes one connection, from the address of the session that asked for it, and is closed when that is there,
/// when nobody has come in time, or when the lock goes to somebody else.
struct PortConsoles: Sendable {
    private typealias Server = NIOAsyncChannel<any Channel, Never>

    /// How long a port waits for its client.
    private static let life: Duration = .seconds(60)

    /// A port that waits for its client.
    private struct Waiting: Sendable {
        let server: Server
        let port: Int
        let ticket: String
        let key: ConsoleKey
        let session: SessionID
        let address: IPAddress?
        let question: RFBServerHandshake.Question?
    }

    private let core: CoreServices
    private let sources: ConsoleSources
    private let journal: ConsoleJournal
    private let address: String
    private let logger: Logger
    private let waiting: AsyncStream<Waiting>
    private let arrivals: AsyncStream<Waiting>.Continuation

    init(sources: ConsoleSources, journal: ConsoleJournal, address: String, logger: Logger) {
        core = sources.core
        self.sources = sources
        self.journal = journal
        self.address = address
        self.logger = logger
        (waiting, arrivals) = AsyncStream.makeStream(of: Waiting.self)
    }

    /// Serves ports until it is cancelled; the consoles on them are then told that the host stops.
    func run(webPort: Int?) async {
        core.consolePorts.serve(webPort: webPort) { order in try await open(order) }
        defer {
            core.consolePorts.stop()
            arrivals.finish()
        }
        await withDiscardingTaskGroup { group in
            for await client in waiting {
                group.addTask(name: "console port \(client.port)") { await serve(client) }
            }
            group.cancelAll()
        }
    }

    // MARK: Opening

    private func open(_ order: ConsolePorts.Order) async throws -> ConsolePorts.Place {
        guard let range = await core.settings.consolePorts else {
            guard let port = core.consolePorts.webPort else {
                throw GatehouseError(.conflict, "Gatehouse is starting; try again in a moment.")
            }
            if !order.takeover { try await core.consoles.check(order.key, principal: order.principal) }
            return ConsolePorts.Place(port: port, expiresAt: nil)
        }
        guard let session = order.principal.session else {
            throw GatehouseError(.unauthenticated, "Consoles are opened from a session; log in.")
        }
        let question = try await question(order.key)
        let opening = try await core.consoles.open(
            order.key, principal: order.principal, takeover: order.takeover, life: Self.life)
        do {
            let (server, port) = try await listen(within: range)
            core.consolePorts.note(order.key, ticket: opening.ticket, port: port)
            let client = Waiting(
                server: server, port: port, ticket: opening.ticket, key: order.key, session: session.id,
                address: IPAddress(order.principal.address), question: question)
            guard case .enqueued = arrivals.yield(client) else {
                // Nobody serves any more, and a channel must not be dropped as it is.
                try? await server.executeThenClose { _ in }
                throw GatehouseError(.conflict, "Gatehouse is stopping; try again in a moment.")
            }
            return ConsolePorts.Place(port: port, expiresAt: opening.expiresAt)
        } catch {
            await core.consoles.giveBack(ticket: opening.ticket)
            throw error
        }
    }

    /// What the client is asked: the password of the machine's own screen, where it has one.
    private func question(_ key: ConsoleKey) async throws -> RFBServerHandshake.Question? {
        guard key.type == .vnc else { return nil }
        let password = try await core.inventory.hypervisor(of: key.machine).vncPassword(of: key.machine.uuid)
        guard let password else { return nil }
        guard let question = RFBServerHandshake.Question(password: password) else {
            throw GatehouseError(.internal, "The machine's password can not be asked for; use the web console.")
        }
        return question
    }

    private func listen(within range: PortRange) async throws -> (Server, Int) {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 4)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
        for port in range.ports {
            do {
                let server = try await bootstrap.bind(host: address, port: port) { channel in
                    channel.eventLoop.makeSucceededFuture(channel)
                }
                return (server, port)
            } catch let error as IOError where error.errnoCode == EADDRINUSE {
                continue
            }
        }
        throw GatehouseError(.limitExceeded, "All ports for consoles (\(range)) are in use; close a console first.")
    }

    // MARK: Serving

    private func serve(_ client: Waiting) async {
        let channel = await firstClient(client)
        if let channel {
            await serve(client, channel)
            try? await channel.close()
        }
        await core.consoles.giveBack(ticket: client.ticket)
        core.consolePorts.forget(client.key, ticket: client.ticket)
    }

    /// The first connection from the right address; nil where none comes while the ticket is good.
    private func firstClient(_ client: Waiting) async -> (any Channel)? {
        try? await client.server.executeThenClose { connections in
            await withTaskGroup(of: (any Channel)?.self) { group in
                group.addTask { await accept(client, from: connections) }
                group.addTask {
                    while !Task.isCancelled, await core.consoles.isGood(ticket: client.ticket) {
                        try? await Task.sleep(for: .milliseconds(250))
                    }
                    return nil
                }
                let first = await group.next() ?? nil
                group.cancelAll()
                // One that came when the time was just over is turned away.
                for await late in group { try? await late?.close() }
                return first
            }
        }
    }

    private func accept(
        _ client: Waiting, from connections: NIOAsyncChannelInboundStream<any Channel>
    ) async -> (any Channel)? {
        do {
            for try await channel in connections {
                let peer = channel.remoteAddress?.ipAddress
                if let wanted = client.address, peer.flatMap({ IPAddress($0) }) == wanted { return channel }
                logger.notice(
                    "a stranger came to a console's port",
                    metadata: ["port": "\(client.port)", "address": "\(peer ?? "unknown")"])
                try? await channel.close()
            }
        } catch is CancellationError {
            // The time is over, or the lock is gone.
        } catch {
            logger.error(
                "a console's port takes no connections", metadata: ["port": "\(client.port)", "error": "\(error)"])
        }
        return nil
    }

    private func serve(_ client: Waiting, _ channel: any Channel) async {
        let grant: ConsoleRegistry.Grant
        do {
            grant = try await core.consoles.redeem(ticket: client.ticket, session: client.session, key: client.key)
        } catch {
            return
        }
        guard case .success(let backend) = await sources.connect(grant, on: channel.eventLoop) else { return }
        let session = ConsoleSession(
            type: client.key.type, backend: backend,
            settings: ConsoleSessionSettings(
                isEncrypted: false, question: client.question,
                onActivity: { journal.note(.activity(grant.session)) }),
            onEnd: { _ in channel.close(promise: nil) })
        session.ended.whenSuccess { end in
            let statistics = session.statistics
            journal.note(
                .ended(grant, bytesIn: Int64(statistics.bytesIn), bytesOut: Int64(statistics.bytesOut), end.closeCode))
        }
        guard await core.consoles.connected(grant, OpenConsole(session)) else { return session.end(.peerClosed) }
        let isInstalled = channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(session.makeHandler())
            if !channel.isActive { session.end(.peerClosed) }
        }
        await withTaskCancellationHandler {
            do {
                try await isInstalled.get()
            } catch {
                session.end(.peerClosed)
            }
            _ = try? await session.ended.get()
        } onCancel: {
            session.end(.requested(code: ConsoleCloseCode.hostStopping.rawValue, reason: "Gatehouse is stopping."))
        }
    }
}
