// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import WebSocket

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
    init(_ request: Request, peer: String) { self.init(request.head, peer: peer) }

    init(_ head: HTTPRequest, peer: String) {
        let headers = head.headerFields
        self.init(
            peer: peer, forwardedFor: headers.text(.xForwardedFor, joinedBy: ","),
            cookie: headers.text(.cookie, joinedBy: ";"), origin: headers.text(.origin), host: head.authority,
            forwardedProtocol: headers.text(.xForwardedProtocol), userAgent: headers.text(.userAgent))
    }
}

extension HTTPFields {
    /// The value of a header, its lines joined; asks first whether it is there, for most of them are not.
    func text(_ name: HTTPField.Name, joinedBy separator: String = ", ") -> String? {
        guard contains(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values[0] : values.joined(separator: separator)
    }
}

extension HTTPField.Name {
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For") ?? .via
    static let xForwardedProtocol = HTTPField.Name("X-Forwarded-Proto") ?? .via
}

/// Everything that is answered over HTTP.
struct WebRoutes: Sendable {
    /// The pages of the web console, which all begin with the same file.
    private static let pages = [
        "/", "/login", "/setup", "/account", "/users", "/audit", "/nodes", "/consoles", "/machine/:machine",
        "/nodes/:name", "/plugins", "/plugins/:name", "/jobs", "/jobs/:id", "/alerts", "/page/:plugin/:page",
    ]
    /// Where else the edge answers.
    private static let ownPaths = ["/api", "/console", "/healthz", "/metrics", PluginFiles.prefix]

    let api: CoreAPI
    let settings: WebSettings
    let policy: CallerPolicy
    let files: StaticFiles
    let plugins: any PluginGateway
    private let throttle: RequestThrottle

    init(api: CoreAPI, settings: WebSettings, files: StaticFiles, plugins: any PluginGateway) {
        self.api = api
        self.settings = settings
        self.files = files
        self.plugins = plugins
        policy = CallerPolicy(settings: settings, sessions: api.core.sessions)
        throttle = RequestThrottle(settings.requestsPerMinute)
    }

    /// Makes the router of the main listener.
    func router() -> Router<WebContext> {
        let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityHeaders())
        router.add(
            middleware: PluginRouting(
                endpoint: endpoint(for: nil), throttle: throttle, reserved: reserved))
        router.add(middleware: RequestLimit(policy: policy, throttle: throttle))
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

    /// Makes the router of a plugin's own listener, where nothing but its routes is answered.
    func router(for listener: PluginListener) -> Router<WebContext> {
        let router = Router(context: WebContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: PluginRouting(endpoint: endpoint(for: listener), throttle: throttle, reserved: []))
        return router
    }

    /// Makes the way past the router for a connection of a plugin's own listener, or of the main one for nil.
    func shortcut(for listener: PluginListener?, serverName: String) -> HTTPShortcut {
        let policy = PluginShortcutPolicy(
            endpoint: endpoint(for: listener), throttle: throttle, reserved: listener == nil ? reserved : [],
            serverName: serverName)
        return { PluginShortcut(policy: policy, peer: $0.remoteAddress?.ipAddress ?? "unknown") }
    }

    /// What answers the routes of plugins on a listener of a plugin's own, or on the main one for nil.
    private func endpoint(for listener: PluginListener?) -> PluginEndpoint {
        guard let listener else { return PluginEndpoint(gateway: plugins, policy: policy, listener: nil) }
        var own = settings
        own.isTLS = listener.isTLS
        // Pages of the web console are strangers there.
        own.publicOrigins = []
        return PluginEndpoint(
            gateway: plugins, policy: CallerPolicy(settings: own, sessions: api.core.sessions), listener: listener)
    }

    /// The first parts of all paths that are not to be had by plugins.
    private var reserved: Set<Substring> {
        Set((Self.pages + Self.ownPaths + files.paths).map { Substring(String(PluginRouting.firstPart(of: $0))) })
    }

    private func addPages(to router: Router<WebContext>) {
        for path in Self.pages {
            router.get(RouterPath(path)) { request, _ in page("/index.html", request) }
        }
        for type in ConsoleType.allCases {
            router.get("/machine/:machine/\(type.rawValue)") { request, _ in page("/console.html", request) }
        }
        let pluginFiles = PluginFiles(gateway: plugins)
        router.get("/plugin-files/**") { request, _ in pluginFiles.response(request) ?? Self.nothing }
        router.get("**") { request, _ in page(request.uri.path, request) }
    }

    private func page(_ path: String, _ request: Request) -> Response {
        files.response(path: path, request: request) ?? Self.nothing
    }

    private static var nothing: Response { .text("There is nothing here.\n", status: .notFound) }

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
