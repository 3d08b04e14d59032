// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import Model
import NIOCore
import NIOHTTP1

/// Decides which requests go straight to their plugin, on a connection's event loop: the small and simple ones.
///
/// Everything else takes the way over the router, which gives the same answers: what has to wait, what is refused,
/// what is long, and what asks for more than a request and its answer.
struct PluginShortcutPolicy: Sendable {
    /// The longest body that is kept until it is whole, in bytes.
    static let longestBody = 1 << 16

    let endpoint: PluginEndpoint
    let throttle: RequestThrottle
    /// The first parts of the paths that are never a plugin's.
    let reserved: Set<Substring>
    /// The headers that every answer has and no plugin can set, as they go over the wire.
    private let always: String
    private let date = HTTPDate()

    /// Makes a policy for one listener; `serverName` is what the host is called in answers.
    init(endpoint: PluginEndpoint, throttle: RequestThrottle, reserved: Set<Substring>, serverName: String) {
        self.endpoint = endpoint
        self.throttle = throttle
        self.reserved = reserved
        always = (SecurityFields.foreign + [HTTPField(name: .server, value: serverName)])
            .map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
    }

    /// A request that its plugin may have at once.
    struct Candidate {
        let head: HTTPRequest
        let route: PluginRoute
        let admission: PluginEndpoint.Admission
        let facts: RequestFacts
        let address: String
    }

    /// Looks at the head of a request; nil where it takes the other way.
    func candidate(_ head: HTTPRequest, peer: String) -> Candidate? {
        guard Self.isSimple(head.headerFields) else { return nil }
        let path = URI(head.path ?? "/").path
        guard !reserved.contains(PluginRouting.firstPart(of: path)),
            let route = endpoint.gateway.route(for: path, listenerOf: endpoint.listener?.plugin),
            Self.bodyBytes(head.headerFields).map({ $0 <= min(Self.longestBody, route.requestBytes) }) == true
        else { return nil }
        let facts = RequestFacts(head, peer: peer)
        guard let admission = try? endpoint.admission(of: head, on: route, facts: facts) else { return nil }
        return Candidate(
            head: head, route: route, admission: admission, facts: facts, address: endpoint.policy.clientAddress(facts))
    }

    /// Hands a request over; nil where that takes a while, or the address asks too much.
    func begin(
        _ candidate: Candidate, body: ByteBuffer, later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (ByteBuffer) -> Void
    ) -> (@Sendable () -> Void)? {
        guard throttle.note(candidate.address) == nil else { return nil }
        let admission = candidate.admission
        let request = endpoint.routeRequest(
            candidate.head, admission, body: body, facts: candidate.facts, address: candidate.address)
        let giveUp = endpoint.gateway.begin(request, on: candidate.route, later: later) { outcome in
            do throws(GatehouseError) {
                answer(bytes(of: try PluginEndpoint.answer(try outcome.get(), admission), to: candidate))
            } catch {
                answer(bytes(of: PluginEndpoint.refusal(error, plugin: candidate.route.plugin), to: candidate))
            }
        }
        // The router counts it then.
        if giveUp == nil { throttle.takeBack(candidate.address) }
        return giveUp
    }

    /// The answer to a request that is given up because its connection is being closed.
    func ending(_ candidate: Candidate) -> ByteBuffer {
        let plugin = candidate.route.plugin
        let error = GatehouseError(
            .limitExceeded, "The plugin \(plugin) has not answered, and the host closes this connection. Try again.")
        return bytes(of: PluginEndpoint.refusal(error, plugin: plugin), to: candidate)
    }

    /// An answer as it goes over the wire, with the headers that all have: here they need not be put together anew.
    private func bytes(of answer: PlainAnswer, to candidate: Candidate) -> ByteBuffer {
        let code = answer.status.code
        var bytes = ByteBufferAllocator().buffer(capacity: 1024 + answer.body.count)
        bytes.writeString("HTTP/1.1 \(code) \(HTTPResponseStatus(statusCode: code).reasonPhrase)\r\n")
        for field in answer.headers {
            bytes.writeString(field.name.rawName)
            bytes.writeString(": ")
            bytes.writeString(field.value)
            bytes.writeString("\r\n")
        }
        bytes.writeString(always)
        if !answer.headers.contains(.cacheControl) { bytes.writeString("Cache-Control: no-store\r\n") }
        bytes.writeString("Date: ")
        bytes.writeString(date.now)
        bytes.writeString("\r\n\r\n")
        if candidate.head.method != .head { bytes.writeBytes(answer.body) }
        return bytes
    }

    /// Whether a request wants nothing of the connection but that it goes on.
    private static func isSimple(_ headers: HTTPFields) -> Bool {
        guard !headers.contains(.expect), !headers.contains(.upgrade), !headers.contains(.transferEncoding) else {
            return false
        }
        return headers.text(.connection).map { $0.lowercased() == "keep-alive" } ?? true
    }

    /// How long the body is going to be; nil where that is not known.
    private static func bodyBytes(_ headers: HTTPFields) -> Int? {
        headers.text(.contentLength).map { Int($0) } ?? 0
    }
}
