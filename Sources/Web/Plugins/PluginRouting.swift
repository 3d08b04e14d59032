// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model

/// Answers the routes of plugins; the edge's own paths are never theirs.
struct PluginRouting: RouterMiddleware {
    let endpoint: PluginEndpoint
    let throttle: RequestThrottle
    /// The first parts of the paths that belong to the edge and its pages.
    let reserved: Set<Substring>

    @concurrent func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !reserved.contains(Self.firstPart(of: path)),
            let route = endpoint.gateway.route(for: path, listenerOf: endpoint.listener?.plugin)
        else { return try await next(request, context) }
        let facts = RequestFacts(request, peer: context.peer)
        let address = endpoint.policy.clientAddress(facts)
        if var refusal = throttle.refusal(address) {
            if request.method == .head { refusal.body = .init() }
            return refusal
        }
        return await endpoint.respond(request, on: route, facts: facts, address: address)
    }

    /// What stands between the first slash and the second one.
    static func firstPart(of path: String) -> Substring {
        path.hasPrefix("/") ? path.dropFirst().prefix { $0 != "/" } : path.prefix { $0 != "/" }
    }
}
