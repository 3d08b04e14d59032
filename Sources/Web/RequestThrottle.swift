// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Model
import Synchronization

/// Counts requests per address in windows of a minute; a value without a clock of its own.
struct RequestWindow: Sendable {
    private static let capacity = 20_000

    private let maximum: Int
    private var counts: [String: Int] = [:]
    private var start: Duration = .zero

    init(maximum: Int) { self.maximum = maximum }

    /// Counts a request; the seconds to wait where there were too many, else nil.
    mutating func note(_ address: String, now: Duration) -> Int? {
        if now - start >= .seconds(60) {
            start = now
            counts.removeAll(keepingCapacity: counts.count < Self.capacity)
        }
        // With so many addresses at once counting them apart helps nobody; the limit on connections holds.
        guard counts.count < Self.capacity || counts[address] != nil else { return nil }
        counts[address, default: 0] += 1
        guard counts[address, default: 0] > maximum else { return nil }
        return max(1, 60 - Int((now - start).components.seconds))
    }

    /// Counts a request less.
    mutating func takeBack(_ address: String) {
        if let count = counts[address], count > 0 { counts[address] = count - 1 }
    }
}

/// A shared `RequestWindow` with the host's clock.
final class RequestThrottle: Sendable {
    private let window: Mutex<RequestWindow>
    private let start = ContinuousClock.now

    init(_ maximum: Int) { window = Mutex(RequestWindow(maximum: maximum)) }

    /// Counts a request; the seconds to wait where there were too many, else nil.
    func note(_ address: String) -> Int? {
        let now = start.duration(to: .now)
        return window.withLock { $0.note(address, now: now) }
    }

    /// Takes back what `note` counted: somebody else counts that request.
    func takeBack(_ address: String) { window.withLock { $0.takeBack(address) } }

    /// Counts a request; the answer where there were too many, else nil.
    func refusal(_ address: String) -> Response? {
        guard let wait = note(address) else { return nil }
        var response = Response.failure(
            GatehouseError(
                .rateLimited, "This address sends too many requests; wait \(wait) seconds.",
                details: ["retryAfter": .int(Int64(wait))]))
        response.headers[.retryAfter] = String(wait)
        return response
    }
}

/// Answers 429 to an address that asks too much; files of the pages are not counted, they are many and cheap.
struct RequestLimit: RouterMiddleware {
    let policy: CallerPolicy
    let throttle: RequestThrottle

    @concurrent func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        guard Self.counts(request.uri.path) else { return try await next(request, context) }
        let address = policy.clientAddress(RequestFacts(request, peer: context.peer))
        if let refusal = throttle.refusal(address) { return refusal }
        return try await next(request, context)
    }

    static func counts(_ path: String) -> Bool {
        path == "/api" || path.hasPrefix("/api/") || path == "/metrics"
    }
}
