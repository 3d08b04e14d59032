// SPDX-License-Identifier: Apache-2.0

/// A claim of a plugin on paths of the HTTP edge.
package struct PluginRoute: Sendable, Equatable {
    /// The plugin.
    package var plugin: String
    /// The path it answers; with `isPrefix` everything below it too.
    package var path: String
    /// Whether everything below the path belongs to it.
    package var isPrefix: Bool
    /// The methods it answers, such as `POST`.
    package var methods: [String]
    /// The longest body it takes, in bytes.
    package var requestBytes: Int
    /// The cookies that are handed to it; a request with one of them must not come from a foreign origin.
    package var cookies: [String]
    /// Whether it is answered on the plugin's own listeners alone.
    package var isListenerOnly: Bool

    /// Makes a route.
    package init(
        plugin: String, path: String, isPrefix: Bool = false, methods: [String] = ["GET", "POST"],
        requestBytes: Int = 1 << 20, cookies: [String] = [], isListenerOnly: Bool = false
    ) {
        self.plugin = plugin
        self.path = path
        self.isPrefix = isPrefix
        self.methods = methods
        self.requestBytes = requestBytes
        self.cookies = cookies
        self.isListenerOnly = isListenerOnly
    }
}

/// A request on a plugin's route.
package struct RouteRequest: Sendable {
    /// The HTTP method.
    package var method: String
    /// The path, as it was sent.
    package var path: String
    /// The query without its question mark; empty where there is none.
    package var query: String
    /// The headers in order, names in lower case, without cookies that are not the plugin's.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]
    /// The client's address.
    package var address: String
    /// What the client calls itself.
    package var userAgent: String
    /// The plugin's own listener it came in on, such as `0.0.0.0:4444`; nil for the main one.
    package var listener: String?
    /// Whether the connection is private: TLS here or at a trusted proxy.
    package var isSecure: Bool

    /// Makes a request.
    package init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = [], address: String, userAgent: String = "", listener: String? = nil, isSecure: Bool = true
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.address = address
        self.userAgent = userAgent
        self.listener = listener
        self.isSecure = isSecure
    }
}

/// A cookie that a plugin gives to a client; the edge adds `Secure; HttpOnly; SameSite=Strict`.
package struct RouteCookie: Sendable, Equatable {
    /// Its name, one that the route names.
    package var name: String
    /// Its value; empty to take it back.
    package var value: String
    /// Seconds that it lasts; nil for as long as the browser runs.
    package var maxAge: Int?

    /// Makes a cookie.
    package init(name: String, value: String, maxAge: Int? = nil) {
        self.name = name
        self.value = value
        self.maxAge = maxAge
    }
}

/// What a plugin answers.
package struct RouteResponse: Sendable {
    /// The HTTP status, 200 to 599.
    package var status: Int
    /// Headers; those that belong to the edge are left out there.
    package var headers: [(name: String, value: String)]
    /// Cookies.
    package var cookies: [RouteCookie]
    /// The body.
    package var body: [UInt8]

    /// Makes an answer.
    package init(
        status: Int = 200, headers: [(name: String, value: String)] = [], cookies: [RouteCookie] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.cookies = cookies
        self.body = body
    }
}

/// A socket that a plugin's row in the table asks for; the host owns it.
package struct PluginListener: Sendable, Hashable {
    /// The plugin.
    package var plugin: String
    /// The address to listen on.
    package var address: String
    /// The port; zero for any that is free.
    package var port: Int
    /// Whether it speaks TLS, with the host's certificate.
    package var isTLS: Bool

    /// Asks for a listener.
    package init(plugin: String, address: String, port: Int, isTLS: Bool) {
        self.plugin = plugin
        self.address = address
        self.port = port
        self.isTLS = isTLS
    }
}

/// A file of a plugin's `www/`.
package struct PluginFile: Sendable {
    /// The content.
    package let bytes: [UInt8]
    /// What changes whenever the content does.
    package let tag: String

    /// Makes a file.
    package init(bytes: [UInt8], tag: String) {
        self.bytes = bytes
        self.tag = tag
    }
}

/// A request that is ready to be handed to its plugin, as often as it comes.
package protocol PreparedRequest: Sendable {
    /// Hands it over where that can be done without waiting; nil where it can not, and then nothing has happened.
    ///
    /// - Parameters:
    ///   - later: has work done soon, on the caller's thread: what is handed over until then goes out in one piece.
    ///   - answer: gets the answer, once and on a thread that must not be kept; the errors are those of
    ///     `PluginGateway.handle`.
    /// - Returns: gives the request up: the answer is an error then, if there was none yet.
    func begin(
        body: [UInt8], later: (@escaping @Sendable () -> Void) -> Void,
        answer: @escaping @Sendable (Result<RouteResponse, GatehouseError>) -> Void
    ) -> (@Sendable () -> Void)?
}

/// What the HTTP edge asks of the plugins.
package protocol PluginGateway: Sendable {
    /// Who answers a path now; nil for nobody. Never waits.
    ///
    /// - Parameter listenerOf: the plugin on whose own listener the request came in; nil for the main one.
    func route(for path: String, listenerOf plugin: String?) -> PluginRoute?
    /// Changes whenever `route` may answer otherwise than before. Never waits.
    var routesVersion: Int { get }
    /// Hands a request to its plugin.
    ///
    /// - Throws: `notFound` where it was switched off meanwhile, `limitExceeded` with `retryAfter` where too many
    ///   wait, `timeout`, `pluginFailed`; each names the plugin.
    func handle(_ request: RouteRequest, on route: PluginRoute) async throws -> RouteResponse
    /// Gets a request ready that may be made again and again, each time with a body of its own; that of the request
    /// itself is not looked at. Never waits.
    func prepare(_ request: RouteRequest, on route: PluginRoute) -> any PreparedRequest
    /// A file of an enabled plugin's `www/`, while its frontend part is on; nil where there is none. Never waits.
    func file(of plugin: String, path: String) -> PluginFile?
    /// The listeners that are wanted: the list now, and again whenever it changes. Ends at shutdown.
    func listeners() -> AsyncStream<[PluginListener]>
}
