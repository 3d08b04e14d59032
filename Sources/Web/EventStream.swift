// SPDX-License-Identifier: Apache-2.0

import AsyncAlgorithms
import Core
import CoreAPI
import HTTPTypes
import Hummingbird
import JSONRPC
import Model
import NIOCore

/// `GET /api/events`: server-sent events (HTML Living Standard, 9.2), filtered by what the caller may see.
struct EventStream: Sendable {
    private enum Item: Sendable {
        case event(CoreEvent)
        case tick
        case end
    }

    let api: CoreAPI
    let policy: CallerPolicy

    /// Answers with a stream that ends with the session, with a reason when it falls behind, or on shutdown.
    func respond(facts: RequestFacts) async throws -> Response {
        let principal = await policy.principal(facts)
        guard let session = principal.session else {
            throw GatehouseError(.unauthenticated, "Log in first.")
        }
        let subscription = try api.core.bus.subscribe()
        let body = ResponseBody { writer in
            defer { api.core.bus.unsubscribe(subscription.id) }
            try await write(subscription, session: session.id, principal: principal, to: &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .xAccelBuffering: "no"], body: body)
    }

    @concurrent private func write(
        _ subscription: EventBus.Subscription, session: SessionID, principal: Principal,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        let ready = RenderedEvent(topic: "ready", data: ["serverTime": Render.time(api.core.time.now())])
        try await writer.write(Self.frame(ready, id: 0))
        var number = 0
        let events = chain(subscription.events.map(Item.event), [Item.end].async)
        let ticks = AsyncTimerSequence(interval: .seconds(15), clock: .continuous).map { _ in Item.tick }
        for await item in merge(events, ticks) {
            switch item {
            case .tick:
                guard await api.core.sessions.live(session) != nil else { return }
                try await writer.write(ByteBuffer(string: ": ping\n\n"))
            case .end:
                let gone = RenderedEvent(
                    topic: "events.dropped",
                    data: ["reason": "The listener fell behind or the host is stopping; fetch everything again."])
                try await writer.write(Self.frame(gone, id: number + 1))
                return
            case .event(let event):
                guard let rendered = await api.render(event, for: principal) else { continue }
                number += 1
                try await writer.write(Self.frame(rendered, id: number))
                if case .sessionEnded(session, _) = event { return }
            }
        }
    }

    /// One event as bytes; JSON has no line breaks, so it is one `data` line.
    static func frame(_ event: RenderedEvent, id: Int) -> ByteBuffer {
        var buffer = ByteBuffer(string: "id: \(id)\nevent: \(event.topic)\ndata: ")
        buffer.writeBytes(JSONWriter.bytes(event.data))
        buffer.writeString("\n\n")
        return buffer
    }
}

extension HTTPField.Name {
    /// Asks nginx not to buffer the stream.
    static var xAccelBuffering: HTTPField.Name { HTTPField.Name("X-Accel-Buffering") ?? .via }
}
