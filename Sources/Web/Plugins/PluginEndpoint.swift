// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
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

    /// Answers a request.
    func respond(_ request: Request, on route: PluginRoute, facts: RequestFacts, address: String) async -> Response {
        var response: Response
        do {
            response = try await answer(request, on: route, facts: facts, address: address)
        } catch let error as GatehouseError {
            response = Self.refusal(error, plugin: route.plugin)
        } catch {
            // The body did not come whole; nobody may be there to read this.
            response = Response.text("The request could not be read.\n", status: .badRequest)
        }
        response.headers[.contentSecurityPolicy] = Self.contentPolicy
        return response
    }

    private func answer(
        _ request: Request, on route: PluginRoute, facts: RequestFacts, address: String
    ) async throws -> Response {
        guard let method = Self.method(request.method, on: route) else {
            let allowed = Self.allowed(route)
            var response = Response.text(
                "The plugin \(route.plugin) does not answer \(request.method.rawValue) here, but \(allowed).\n",
                status: .methodNotAllowed)
            response.headers[.allow] = allowed
            return response
        }
        let cookies = RouteCookies(route)
        let cookie = cookies.kept(of: facts.cookie)
        // What a browser adds by itself must not be used by a page from elsewhere.
        let isAmbient = cookie != nil || request.headers[.authorization] != nil
        if isAmbient, facts.origin != nil, !policy.allowsOrigin(facts) { throw policy.originError(facts) }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: route.requestBytes)
        } catch is NIOTooManyBytesError {
            return Response.text(
                "The plugin \(route.plugin) takes at most \(route.requestBytes) bytes here.\n",
                status: .contentTooLarge)
        }
        let answer = try await gateway.handle(
            RouteRequest(
                method: method, path: request.uri.path, query: request.uri.query ?? "",
                headers: RouteHeaders.forPlugin(request.headers, host: facts.host, cookie: cookie),
                body: Array(body.readableBytesView), address: address, userAgent: facts.userAgent ?? "",
                listener: listener?.place, isSecure: policy.isPrivate(facts)),
            on: route)
        return try Self.response(to: request.method, answer, cookies: cookies)
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

    private static func response(
        to method: HTTPRequest.Method, _ answer: RouteResponse, cookies: RouteCookies
    ) throws -> Response {
        guard (200...599).contains(answer.status) else {
            throw GatehouseError(.pluginFailed, "It answers with the status \(answer.status); 200 to 599 are possible.")
        }
        var headers = RouteHeaders.forClient(answer.headers)
        for cookie in answer.cookies {
            headers.append(HTTPField(name: .setCookie, value: try cookies.header(for: cookie)))
        }
        let status = HTTPResponse.Status(code: answer.status)
        guard status.code != 204, status.code != 304 else { return Response(status: status, headers: headers) }
        headers[.contentLength] = String(answer.body.count)
        if headers[.contentType] == nil, !answer.body.isEmpty { headers[.contentType] = "application/octet-stream" }
        return Response(
            status: status, headers: headers,
            body: method == .head || answer.body.isEmpty ? .init() : .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }

    /// What a client hears that the plugin could not answer; the text names the plugin.
    private static func refusal(_ error: GatehouseError, plugin: String) -> Response {
        // Here it is the host that is full, not this client who asks too much.
        let status = error.code == .limitExceeded ? .serviceUnavailable : error.code.status
        let lead = error.message.contains(plugin) ? "" : "The plugin \(plugin): "
        var response = Response.text("\(lead)\(error.message)\n", status: status)
        if status == .serviceUnavailable {
            response.headers[.retryAfter] = String(max(1, error.details["retryAfter"]?.intValue ?? 1))
        }
        return response
    }
}

extension PluginListener {
    /// Where it listens, as `address:port`.
    var place: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
