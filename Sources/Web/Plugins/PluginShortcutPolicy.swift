// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import Model
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Synchronization

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
    let always: String
    let date = HTTPDate()

    /// Makes a policy for one listener; `serverName` is what the host is called in answers.
    init(endpoint: PluginEndpoint, throttle: RequestThrottle, reserved: Set<Substring>, serverName: String) {
        self.endpoint = endpoint
        self.throttle = throttle
        self.reserved = reserved
        always = (SecurityFields.foreign + [HTTPField(name: .server, value: serverName)])
            .map { "\($0.name.rawName): \($0.value)\r\n" }.joined()
    }

    /// A request that its plugin may have at once, apart from its body.
    final class Candidate: Sendable {
        let head: HTTPRequestHead
        let plugin: String
        let admission: PluginEndpoint.Admission
        /// Who is counted.
        let address: String
        fileprivate let request: any PreparedRequest
        fileprivate let routesVersion: Int
        /// That of the last answer.
        let lastHead = Mutex<AnswerHead?>(nil)

        fileprivate init(
            _ head: HTTPRequestHead, plugin: String, _ admission: PluginEndpoint.Admission, address: String,
            _ request: any PreparedRequest, routesVersion: Int
        ) {
            self.head = head
            self.plugin = plugin
            self.admission = admission
            self.address = address
            self.request = request
            self.routesVersion = routesVersion
        }
    }

    /// Looks at the head of a request; nil where it takes the other way.
    func candidate(_ head: HTTPRequestHead, peer: String) -> Candidate? {
        let gateway = endpoint.gateway
        let version = gateway.routesVersion
        let path = URI(head.uri).path
        guard head.version == .http1_1, head.uri.hasPrefix("/"), Self.isSimple(head),
            !reserved.contains(PluginRouting.firstPart(of: path)),
            let route = gateway.route(for: path, listenerOf: endpoint.listener?.plugin),
            let length = Self.bodyBytes(head.headers), length <= min(Self.longestBody, route.requestBytes),
            let request = try? HTTPRequest(head, secure: endpoint.policy.settings.isTLS, splitCookie: false)
        else { return nil }
        let facts = RequestFacts(request, peer: peer)
        guard let admission = try? endpoint.admission(of: request, on: route, facts: facts) else { return nil }
        let address = endpoint.policy.clientAddress(facts)
        let whole = endpoint.routeRequest(request, admission, body: ByteBuffer(), facts: facts, address: address)
        return Candidate(
            head, plugin: route.plugin, admission, address: address, gateway.prepare(whole, on: route),
            routesVersion: version)
    }

    /// Whether `candidate` would say the same of this head as of that one's, which came over the same connection.
    func isAsBefore(_ head: HTTPRequestHead, _ candidate: Candidate) -> Bool {
        let before = candidate.head
        return head.uri.isSame(as: before.uri) && head.method == before.method && head.version == before.version
            && head.headers.count == before.headers.count
            && zip(head.headers, before.headers).allSatisfy {
                $0.name.isSame(as: $1.name) && $0.value.isSame(as: $1.value)
            }
            && candidate.routesVersion == endpoint.gateway.routesVersion
    }

    /// Hands a request over; nil where that takes a while, or the address asks too much.
    func begin(
        _ candidate: Candidate, body: ByteBuffer, later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (ByteBuffer) -> Void
    ) -> (@Sendable () -> Void)? {
        guard throttle.note(candidate.address) == nil else { return nil }
        let giveUp = candidate.request.begin(body: Array(body.readableBytesView), later: later) { outcome in
            do throws(GatehouseError) {
                answer(try bytes(of: try outcome.get(), to: candidate))
            } catch {
                answer(bytes(of: PluginEndpoint.refusal(error, plugin: candidate.plugin), to: candidate))
            }
        }
        // The router counts it then.
        if giveUp == nil { throttle.takeBack(candidate.address) }
        return giveUp
    }

    /// The answer to a request that is given up because its connection is being closed.
    func ending(_ candidate: Candidate) -> ByteBuffer {
        let plugin = candidate.plugin
        let error = GatehouseError(
            .limitExceeded, "The plugin \(plugin) has not answered, and the host closes this connection. Try again.")
        return bytes(of: PluginEndpoint.refusal(error, plugin: plugin), to: candidate)
    }

    /// Whether a request wants nothing of the connection but that it goes on.
    private static func isSimple(_ head: HTTPRequestHead) -> Bool {
        let headers = head.headers
        guard head.method != .CONNECT, !headers.contains(name: "expect"), !headers.contains(name: "upgrade"),
            !headers.contains(name: "transfer-encoding")
        else { return false }
        return headers["connection"].allSatisfy { $0.lowercased() == "keep-alive" }
    }

    /// How long the body is going to be; nil where that is not known.
    private static func bodyBytes(_ headers: HTTPHeaders) -> Int? {
        let lengths = headers["content-length"]
        return lengths.count > 1 ? nil : lengths.first.map { Int($0) } ?? 0
    }
}

extension String {
    /// Whether both are the same bytes: texts that mean the same are equal to `==`.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
