// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// What travels with a request: the standard storage, and who is at the other end.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}

extension RequestFacts {
    init(_ request: Request, peer: String) {
        self.init(
            peer: peer, forwardedFor: request.headers[values: .xForwardedFor].joinedOrNil(","),
            cookie: request.headers[values: .cookie].joinedOrNil(";"), origin: request.headers[.origin],
            host: request.head.authority, forwardedProtocol: request.headers[.xForwardedProtocol],
            userAgent: request.headers[.userAgent])
    }
}

extension [String] {
    fileprivate func joinedOrNil(_ separator: String) -> String? { isEmpty ? nil : joined(separator: separator) }
}

extension HTTPField.Name {
    static var xForwardedFor: HTTPField.Name { HTTPField.Name("X-Forwarded-For") ?? .via }
    static var xForwardedProtocol: HTTPField.Name { HTTPField.Name("X-Forwarded-Proto") ?? .via }
}

/// Everything that is answered over HTTP.
struct WebRoutes: Sendable {
    let api: CoreAPI
    let settings: WebSettings
    let policy: CallerPolicy
    let files: StaticFiles

    /// Makes the router.
    func router() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: RequestLimit(policy: policy, throttle: RequestThrottle(settings.requestsPerMinute)))
        let endpoint = APIEndpoint(api: api, policy: policy, settings: settings)
        router.post("/api") { request, context in
            try await endpoint.respond(request, facts: RequestFacts(request, peer: context.peer))
        }
        let events = EventStream(api: api, policy: policy)
        router.get("/api/events") { request, context in
            try await Self.answer { try await events.respond(facts: RequestFacts(request, peer: context.peer)) }
        }
        router.get("/api/machines/:machine/picture") { request, context in
            try await Self.answer { try await picture(request, context) }
        }
        router.get("/healthz") { _, _ in Response.text("ok\n") }
        let metrics = MetricsPage(api: api, settings: settings)
        router.get("/metrics") { request, context in
            let principal = await policy.principal(RequestFacts(request, peer: context.peer))
            guard metrics.allows(principal) else {
                return Response.text("Not for this address; see metrics in the configuration.\n", status: .forbidden)
            }
            return Response.text(await metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        addPages(to: router)
        return router
    }

    private func addPages(to router: Router<WebContext>) {
        let pages = [
            "/", "/login", "/setup", "/account", "/users", "/audit", "/nodes", "/consoles", "/machine/:machine",
        ]
        for path in pages {
            router.get(RouterPath(path)) { request, _ in try page("/index.html", request) }
        }
        for type in ConsoleType.allCases {
            router.get("/machine/:machine/\(type.rawValue)") { request, _ in try page("/console.html", request) }
        }
        router.get("**") { request, _ in try page(request.uri.path, request) }
    }

    private func page(_ path: String, _ request: Request) throws -> Response {
        guard let response = files.response(path: path, request: request) else {
            return Response.text("There is nothing here.\n", status: .notFound)
        }
        return response
    }

    private func picture(_ request: Request, _ context: WebContext) async throws -> Response {
        let principal = await policy.principal(RequestFacts(request, peer: context.peer))
        let machine = context.parameters.get("machine") ?? ""
        let result = try await api.call("machine.picture", ["machine": .string(machine)], principal: principal)
        guard let bytes = result["data"]?.stringValue.flatMap({ Data(base64Encoded: $0) }) else {
            throw GatehouseError(.internal, "The picture can not be read.")
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: result["type"]?.stringValue ?? "image/png", .contentLength: String(bytes.count),
                .cacheControl: "private, no-store",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func answer(_ work: () async throws -> Response) async throws -> Response {
        do {
            return try await work()
        } catch let error as GatehouseError {
            return .failure(error)
        }
    }
}
