// SPDX-License-Identifier: Apache-2.0

import Model

/// A listener to server-sent events.
package final class WireEvents: Sendable {
    /// One event.
    package struct Event: Sendable {
        /// Its `id`.
        package let id: String
        /// Its `event`.
        package let topic: String
        /// Its `data`.
        package let data: String
    }

    /// The answer's head.
    package let answer: WireAnswer
    /// The connection under it.
    package let connection: WireConnection

    private init(_ connection: WireConnection, _ answer: WireAnswer) {
        self.connection = connection
        self.answer = answer
    }

    /// Asks for events; an answer other than 200 is for the caller to look at.
    package static func open(
        _ connection: WireConnection, target: String = "/api/events", headers: [(name: String, value: String)]
    ) async throws -> WireEvents {
        try await connection.send(WireRequest("GET", target, headers: headers).bytes)
        let answer = try await connection.receive("the answer's head") { bytes, _ in try WireAnswer.takeHead(&bytes) }
        return WireEvents(connection, answer)
    }

    /// Waits for the next event; nil when the stream has ended in order.
    package func next(within limit: Duration = .seconds(10)) async throws -> Event? {
        while true {
            // The server writes each event, and each comment, as one chunk.
            let chunk = try await connection.receive("an event", within: limit) { bytes, _ in
                try WireAnswer.takeChunk(&bytes)
            }
            guard !chunk.isEmpty else { return nil }
            let lines = String(decoding: chunk, as: UTF8.self).split(separator: "\n")
            guard !lines.allSatisfy({ $0.hasPrefix(":") }) else { continue }
            func field(_ name: String) -> String {
                lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) } ?? ""
            }
            return Event(id: field("id"), topic: field("event"), data: field("data"))
        }
    }

    /// Waits for an event of a topic, past others.
    ///
    /// - Throws: `notFound` when the stream ends before.
    package func next(_ topic: String, within limit: Duration = .seconds(10)) async throws -> Event {
        while let event = try await next(within: limit) {
            if event.topic == topic { return event }
        }
        throw GatehouseError(.notFound, "The stream ended without \(topic).")
    }
}
