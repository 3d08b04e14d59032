// SPDX-License-Identifier: Apache-2.0

package import Model

/// A piece of a message that is too long for a line; either side sends it.
package struct ChunkNotice: ContractNotice {
    /// The notification's name.
    package static let method = "chunk"

    /// Which message it is a piece of; any text that its sender uses for no other at the time.
    package var of: String
    /// Its place, from zero.
    package var number: Int
    /// Whether the message ends with it.
    package var last: Bool
    /// The piece of the message's text.
    package var text: String

    /// Makes a piece.
    package init(of: String, number: Int, last: Bool, text: String) {
        self.of = of
        self.number = number
        self.last = last
        self.text = text
    }

    /// Reads a piece, quickly.
    package init(parameters: [String: JSONValue]) throws {
        guard let of = parameters["of"]?.stringValue, of.utf8.count <= Message.longestID,
            let number = parameters["number"]?.intValue, let last = parameters["last"]?.boolValue,
            let text = parameters["text"]?.stringValue
        else {
            throw GatehouseError(
                .invalidRequest, "A chunk has of (at most \(Message.longestID) bytes), number, last and text.")
        }
        self.init(of: of, number: Int(number), last: last, text: text)
    }

    /// Its members.
    package func parameters() -> [String: JSONValue] {
        ["of": .string(of), "number": .int(Int64(number)), "last": .bool(last), "text": .string(text)]
    }

    /// The whole message.
    package var message: Message { .notification(method: Self.method, parameters: parameters()) }
}

/// Tells a plugin that something has happened.
package struct EventNotice: ContractNotice {
    /// The notification's name.
    package static let method = "event"

    /// What it is about, such as `machine.changed`.
    package var topic: String
    /// What it says.
    package var data: JSONValue

    /// Makes a notice.
    package init(topic: String, data: JSONValue) {
        self.topic = topic
        self.data = data
    }

    /// The whole message.
    package var message: Message {
        .notification(method: Self.method, parameters: ["topic": .string(topic), "data": data])
    }
}

/// Tells a scheduler part that somebody wants a job to stop.
package struct JobCancelNotice: ContractNotice {
    /// The notification's name.
    package static let method = "job.cancel"

    /// The job.
    package var job: Int64

    /// Makes a notice.
    package init(job: Int64) { self.job = job }

    /// The whole message.
    package var message: Message { .notification(method: Self.method, parameters: ["job": .int(job)]) }
}
