// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import HummingbirdCore
import Model
import NIOCore

/// Hands a request on a plugin's route to the plugin, and its answer to the client.
struct PluginEndpoint: Sendable {
    /// Answers of plugins come from the address of the web console, so a browser must not run what is in them.
    private static let contentPolicy =
        "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

    let gateway: any PluginGateway
    let policy: CallerPolicy
    /// The plugin's own listener that this serves; nil for the main one.
    let listener: PluginListener?
    /// Where that listens.
    private let place: String?

    /// Serves the routes on one listener.
    init(gateway: any PluginGateway, policy: CallerPolicy, listener: PluginListener?) {
        self.gateway = gateway
        self.policy = policy
        self.listener = listener
        place = listener?.place
    }

    /// Answers a request.
    func respond(_ request: Request, on route: PluginRoute, facts: RequestFacts, address: String) async -> Response {
        do {
            return try await answer(request, on: route, facts: facts, address: address)
        } catch let error as GatehouseError {
            return Self.refusal(error, plugin: route.plugin).response(to: request.method)
        } catch {
            // The body did not come whole; nobody may be there to read this.
            return Self.text("The request could not be read.\n", status: .badRequest).response(to: request.method)
        }
    }

    private func answer(
        _ request: Request, on route: PluginRoute, facts: RequestFacts, address: String
    ) async throws -> Response {
        guard let admission = try admission(of: request.head, on: route, facts: facts) else {
            let allowed = Self.allowed(route)
            var answer = Self.text(
                "The plugin \(route.plugin) does not answer \(request.method.rawValue) here, but \(allowed).\n",
                status: .methodNotAllowed)
            answer.headers[.allow] = allowed
            return answer.response(to: request.method)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: route.requestBytes)
        } catch is NIOTooManyBytesError {
            return Self.text(
                "The plugin \(route.plugin) takes at most \(route.requestBytes) bytes here.\n",
                status: .contentTooLarge
            ).response(to: request.method)
        }
        let whole = routeRequest(request.head, admission, body: body, facts: facts, address: address)
        let answer = try await gateway.handle(whole, on: route)
        return try Self.answer(answer, admission).response(to: request.method)
    }

    /// What the plugin is asked, of a request that it may have.
    struct Admission {
        /// The method as the plugin is asked.
        let method: String
        /// The cookies of the route.
        let cookies: RouteCookies
        /// What of the request's cookies is the plugin's.
        let cookie: String?
    }

    /// Whether the plugin may have a request, as far as its head tells; nil where the route does not take its method.
    ///
    /// - Throws: `forbidden` for a page of somebody else that comes with the user's credentials.
    func admission(of head: HTTPRequest, on route: PluginRoute, facts: RequestFacts) throws -> Admission? {
        guard let method = Self.method(head.method, on: route) else { return nil }
        let cookies = RouteCookies(route)
        let cookie = cookies.kept(of: facts.cookie)
        // What a browser adds by itself must not be used by a page from elsewhere.
        let isAmbient = cookie != nil || head.headerFields.contains(.authorization)
        if isAmbient, facts.origin != nil, !policy.allowsOrigin(facts) { throw policy.originError(facts) }
        return Admission(method: method, cookies: cookies, cookie: cookie)
    }

    /// The request as the plugin gets it.
    func routeRequest(
        _ head: HTTPRequest, _ admission: Admission, body: ByteBuffer, facts: RequestFacts, address: String
    ) -> RouteRequest {
        let uri = URI(head.path ?? "/")
        return RouteRequest(
            method: admission.method, path: uri.path, query: uri.query ?? "",
            headers: RouteHeaders.forPlugin(head.headerFields, host: facts.host, cookie: admission.cookie),
            body: Array(body.readableBytesView), address: address, userAgent: facts.userAgent ?? "",
            listener: place, isSecure: policy.isPrivate(facts))
    }

    /// The method as the plugin is asked; nil where the route does not take it.
    ///
    /// HEAD is a GET without its body.
    private static func method(_ method: HTTPRequest.Method, on route: PluginRoute) -> String? {
        if route.methods.contains(method.rawValue) { return method.rawValue }
        return method == .head && route.methods.contains("GET") ? "GET" : nil
    }

    private static func allowed(_ route: PluginRoute) -> String {
        let hidden = route.methods.contains("GET") && !route.methods.contains("HEAD") ? ["HEAD"] : []
        return (route.methods + hidden).joined(separator: ", ")
    }

    /// What the client gets of the plugin's answer.
    static func answer(_ answer: RouteResponse, _ admission: Admission) throws(GatehouseError) -> PlainAnswer {
        guard (200...599).contains(answer.status) else {
            throw GatehouseError(.pluginFailed, "It answers with the status \(answer.status); 200 to 599 are possible.")
        }
        var headers = RouteHeaders.forClient(answer.headers)
        for cookie in answer.cookies {
            headers.append(HTTPField(name: .setCookie, value: try admission.cookies.header(for: cookie)))
        }
        headers.append(HTTPField(name: .contentSecurityPolicy, value: contentPolicy))
        let status = HTTPResponse.Status(code: answer.status)
        guard status.code != 204, status.code != 304 else { return PlainAnswer(status: status, headers: headers) }
        headers.append(HTTPField(name: .contentLength, value: String(answer.body.count)))
        if !headers.contains(.contentType), !answer.body.isEmpty { headers[.contentType] = "application/octet-stream" }
        return PlainAnswer(status: status, headers: headers, body: answer.body)
    }

    /// What a client hears that the plugin could not answer; the text names the plugin.
    static func refusal(_ error: GatehouseError, plugin: String) -> PlainAnswer {
        // Here it is the host that is full, not this client who asks too much.
        let status = error.code == .limitExceeded ? .serviceUnavailable : error.code.status
        let lead = error.message.contains(plugin) ? "" : "The plugin \(plugin): "
        var answer = text("\(lead)\(error.message)\n", status: status)
        if status == .serviceUnavailable {
            answer.headers[.retryAfter] = String(max(1, error.details["retryAfter"]?.intValue ?? 1))
        }
        return answer
    }

    private static func text(_ text: String, status: HTTPResponse.Status) -> PlainAnswer {
        let body = Array(text.utf8)
        return PlainAnswer(
            status: status,
            headers: [
                .contentType: "text/plain; charset=utf-8", .contentLength: String(body.count),
                .contentSecurityPolicy: contentPolicy,
            ],
            body: body)
    }
}

/// An answer whose body is there as a whole; it is left out where only the head is asked for.
struct PlainAnswer {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8] = []

    /// The same for a router.
    func response(to method: HTTPRequest.Method) -> Response {
        Response(
            status: status, headers: headers,
            body: body.isEmpty || method == .head ? .init() : .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension PluginListener {
    /// Where it listens, as `address:port`.
    var place: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
