// SPDX-License-Identifier: Apache-2.0

import Console
import Core
import CoreAPI
import HTTPTypes
import Model
import NIOCore
import NIOHTTP1
import WebSocket

/// Lets a request for a console become a WebSocket: origin, session, ticket, rights, source, in that order.
struct ConsoleGateway: Sendable {
    /// What browsers offer and get for binary frames.
    private static let subprotocol = "binary"
    private static let ticketPrefix = "ticket."

    let api: CoreAPI
    let policy: CallerPolicy
    let sources: ConsoleSources
    let journal: ConsoleJournal

    /// Decides about a request to upgrade; nil for one that is not for a console.
    func decide(_ request: UpgradeRequest) -> EventLoopFuture<UpgradeDecision>? {
        guard request.head.uri.hasPrefix("/console/") else { return nil }
        return request.channel.eventLoop.makeFutureWithTask { await decision(request) }
    }

    private func decision(_ request: UpgradeRequest) async -> UpgradeDecision {
        do {
            let grant = try await admit(request)
            return await open(grant, request.channel)
        } catch {
            let known = error as? GatehouseError
            return .refuse(
                HTTPResponseStatus(statusCode: known?.code.status.code ?? 500),
                message: known?.message ?? "The console can not be opened; the log of Gatehouse tells more.")
        }
    }

    /// Checks everything that can be checked before the console's source is touched.
    private func admit(_ request: UpgradeRequest) async throws -> ConsoleRegistry.Grant {
        let facts = RequestFacts(request.head, peer: request.channel.remoteAddress?.ipAddress ?? "unknown")
        guard policy.allowsOrigin(facts) else { throw policy.originError(facts) }
        let principal = await policy.principal(facts)
        guard let session = principal.session else { throw GatehouseError(.unauthenticated, "Log in first.") }
        let tickets = request.subprotocols.filter { $0.hasPrefix(Self.ticketPrefix) }
        guard tickets.count == 1, let ticket = tickets.first?.dropFirst(Self.ticketPrefix.count) else {
            throw GatehouseError(
                .expired, "Offer the subprotocols binary and ticket.TICKET, with a ticket of console.open.")
        }
        let parts = request.head.uri.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, let type = ConsoleType(rawValue: String(parts[3])) else {
            throw GatehouseError.machineNotFound
        }
        let machine = try await api.core.visibleMachine(String(parts[2]), for: principal)
        guard api.core.access.level(of: principal, on: machine.id).mayOperate else {
            throw GatehouseError(.forbidden, "You may look at this machine, but not operate it.")
        }
        return try await api.core.consoles.redeem(
            ticket: String(ticket), session: session.id, key: ConsoleKey(machine: machine.id, type: type))
    }

    /// Connects to the source; a failure is told in a Close frame, the only thing a page can read.
    private func open(_ grant: ConsoleRegistry.Grant, _ channel: any Channel) async -> UpgradeDecision {
        switch await sources.connect(grant, on: channel.eventLoop) {
        case .success(let backend): return await accept(grant, backend, channel)
        case .failure(let failure):
            return .acceptAndClose(
                subprotocol: Self.subprotocol, WebSocketCloseCode(rawValue: failure.code.rawValue),
                reason: failure.reason)
        }
    }

    private func accept(
        _ grant: ConsoleRegistry.Grant, _ backend: ConsoleBackend, _ channel: any Channel
    ) async -> UpgradeDecision {
        let connection = WebSocketConnection(channel: channel)
        let session = ConsoleSession(
            type: grant.key.type, backend: backend,
            settings: ConsoleSessionSettings(
                isEncrypted: policy.settings.isTLS, onActivity: { journal.note(.activity(grant.session)) }),
            onEnd: { end in
                connection.close(WebSocketCloseCode(rawValue: end.closeCode), reason: end.closeReason)
            })
        session.ended.whenSuccess { end in
            let statistics = session.statistics
            journal.note(
                .ended(grant, bytesIn: Int64(statistics.bytesIn), bytesOut: Int64(statistics.bytesOut), end.closeCode))
        }
        guard await api.core.consoles.connected(grant, OpenConsole(session)) else {
            session.end(.peerClosed)
            return .acceptAndClose(
                subprotocol: Self.subprotocol, WebSocketCloseCode(rawValue: ConsoleCloseCode.takenOver.rawValue),
                reason: "The console was taken over meanwhile.")
        }
        return .accept(
            UpgradeAcceptance(
                subprotocol: Self.subprotocol, settings: WebSocketSettings(textEvent: { ConsoleText(bytes: $0) }),
                onAbandon: { session.end(.peerClosed) }, handlers: { _ in [session.makeHandler()] }))
    }
}

extension RequestFacts {
    init(_ head: HTTPRequestHead, peer: String) {
        func joined(_ name: String, _ separator: String) -> String? {
            let values = head.headers[name]
            return values.isEmpty ? nil : values.joined(separator: separator)
        }
        self.init(
            peer: peer, forwardedFor: joined("x-forwarded-for", ","), cookie: joined("cookie", ";"),
            origin: head.headers.first(name: "origin"), host: head.headers.first(name: "host"),
            forwardedProtocol: head.headers.first(name: "x-forwarded-proto"),
            userAgent: head.headers.first(name: "user-agent"))
    }
}
