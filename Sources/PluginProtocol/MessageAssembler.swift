// SPDX-License-Identifier: Apache-2.0

import JSONRPC
package import Model

/// Makes messages of the bytes that arrive: cuts lines and puts chunks together.
///
/// A line that is wrong costs that line only, whatever it holds; what to do about it is the receiver's business.
package struct MessageAssembler: Sendable {
    /// What arrived.
    package enum Arrival: Sendable, Equatable {
        /// A whole message.
        case message(Message)
        /// A request for a plugin, where these are read apart.
        case call(id: Int64, HandleCall)
        /// The answer to one, where these are read apart.
        case answer(id: Int64, HandleAnswer)
        /// A line, or a row of chunks, that is no message.
        case broken(GatehouseError)
    }

    private struct Partial {
        var chunks = 0
        var text: [UInt8] = []
    }

    /// Which messages are read apart, because most are of that kind.
    package enum Frequent: Sendable {
        case none
        case calls
        case answers
    }

    private let limits: MessageLimits
    private let frequent: Frequent
    private var calls = HandleCallReader()
    private var line: [UInt8] = []
    private var isSkipping = false
    private var partials: [String: Partial] = [:]
    private var partialBytes = 0

    /// Starts with nothing received.
    package init(limits: MessageLimits = .contract, frequent: Frequent = .none) {
        self.limits = limits
        self.frequent = frequent
    }

    /// Whether something has begun that is not complete.
    package var isMidway: Bool { !line.isEmpty || isSkipping || !partials.isEmpty }

    /// Takes in bytes and returns what became complete with them.
    package mutating func feed(_ bytes: [UInt8]) -> [Arrival] {
        var arrivals: [Arrival] = []
        var start = 0
        while start < bytes.count {
            guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
                keep(bytes[start...], &arrivals)
                break
            }
            keep(bytes[start..<end], &arrivals)
            if !isSkipping, let arrival = finishLine() { arrivals.append(arrival) }
            isSkipping = false
            line.removeAll(keepingCapacity: line.capacity < 1 << 17)
            start = end + 1
        }
        return arrivals
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>, _ arrivals: inout [Arrival]) {
        guard !isSkipping else { return }
        guard line.count + bytes.count < limits.lineBytes else {
            isSkipping = true
            line = []
            let what = "A line is longer than \(limits.lineBytes) bytes; send it in chunks."
            return arrivals.append(.broken(GatehouseError(.limitExceeded, what)))
        }
        line.append(contentsOf: bytes)
    }

    private mutating func finishLine() -> Arrival? {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else { return nil }
        if let arrival = frequentArrival() { return arrival }
        do {
            return try take(Message(text: line)).map(Arrival.message)
        } catch {
            return .broken(error as? GatehouseError ?? GatehouseError(.parseError, "This is no message."))
        }
    }

    private mutating func frequentArrival() -> Arrival? {
        switch frequent {
        case .none: nil
        case .calls: calls.read(line).map { .call(id: $0.id, $0.call) }
        case .answers: HandleAnswer.read(line).map { .answer(id: $0.id, $0.answer) }
        }
    }

    private mutating func take(_ message: Message) throws -> Message? {
        guard case .notification(ChunkNotice.method, let parameters) = message else { return message }
        let chunk = try ChunkNotice(parameters: parameters)
        var partial = partials.removeValue(forKey: chunk.of) ?? Partial()
        partialBytes -= partial.text.count
        guard chunk.number == partial.chunks else {
            throw GatehouseError(
                .invalidRequest,
                "Chunk \(chunk.number) of \(chunk.of) came where \(partial.chunks) was due; the message is dropped.")
        }
        partial.chunks += 1
        partial.text.append(contentsOf: chunk.text.utf8)
        try check(partial)
        guard chunk.last else {
            partialBytes += partial.text.count
            partials[chunk.of] = partial
            return nil
        }
        let whole = try Message(text: partial.text)
        if case .notification(ChunkNotice.method, _) = whole {
            throw GatehouseError(.invalidRequest, "Chunks must not hold chunks.")
        }
        return whole
    }

    private func check(_ partial: Partial) throws {
        guard partial.text.count <= limits.messageBytes else {
            throw GatehouseError(.limitExceeded, "A message in chunks is longer than \(limits.messageBytes) bytes.")
        }
        guard partials.count < limits.partialMessages else {
            throw GatehouseError(
                .limitExceeded, "More than \(limits.partialMessages) messages in chunks are under way; end one first.")
        }
        guard partialBytes + partial.text.count <= limits.partialBytes else {
            throw GatehouseError(
                .limitExceeded, "The messages in chunks under way hold more than \(limits.partialBytes) bytes.")
        }
    }
}
