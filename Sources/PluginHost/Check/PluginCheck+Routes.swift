// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol

extension PluginCheck {
    /// Requests on the plugin's routes that are made at most.
    private static let mostRequests = 100
    /// A body that is longer than a line may be.
    private static let longBody = Array(String(repeating: "\"é and so on", count: 90_000).utf8)

    /// Every route with every method, as nobody in particular.
    func checkRoutes(_ process: PluginProcess, _ subject: CheckSubject, _ sheet: CheckSheet) async {
        let routes = subject.manifest.routes
        guard !routes.isEmpty else { return sheet.add("requests", .skipped("the manifest has no routes")) }
        var requests: [RouteRequest] = []
        for route in routes {
            let below = route.path.hasSuffix("/") ? "\(route.path)check" : "\(route.path)/check"
            for path in [route.path] + (route.prefix ? [below] : []) {
                requests += route.methods.map { Self.request($0, path, route) }
            }
        }
        for request in requests.prefix(Self.mostRequests) {
            await sheet.check("\(request.method) \(request.path)\(request.listener == nil ? "" : " on its listener")") {
                try await Self.answer(request, process, patience)
            }
        }
        let open = routes.first { route in
            route.requestBytes >= Self.longBody.count
                && route.methods.contains { ["POST", "PUT", "PATCH"].contains($0) }
        }
        await sheet.check("a request with a body that is longer than a line") {
            guard let open, let method = open.methods.first(where: { ["POST", "PUT", "PATCH"].contains($0) }) else {
                throw CheckSkip(why: "no route takes \(Self.longBody.count) bytes")
            }
            var request = Self.request(method, open.path, open)
            request.body = Self.longBody
            return try await Self.answer(request, process, patience * 3)
        }
        await sheet.check("a request with a body that is no text") {
            let methods: Set = ["POST", "PUT", "PATCH"]
            guard let route = routes.first(where: { !methods.isDisjoint(with: $0.methods) && $0.requestBytes > 2 }),
                let method = route.methods.first(where: methods.contains)
            else { throw CheckSkip(why: "no route takes a body") }
            var request = Self.request(method, route.path, route)
            request.body = [0xFF, 0xFE, 0x00]
            return try await Self.answer(request, process, patience)
        }
    }

    private static func request(_ method: String, _ path: String, _ route: Manifest.Route) -> RouteRequest {
        RouteRequest(
            method: method, path: path, headers: [("host", "localhost"), ("user-agent", "gatehouse-plugin-check")],
            address: "192.0.2.1", userAgent: "gatehouse-plugin-check",
            listener: route.listener ? "127.0.0.1:4444" : nil, isSecure: !route.listener)
    }

    private static func answer(
        _ request: RouteRequest, _ process: PluginProcess, _ patience: Duration
    ) async throws -> String {
        let call = HandleCall(request, callToken: "a-token-of-the-check")
        let result = try await process.connection.call(HandleCall.method, call.parameters(), within: patience)
        try ContractSchema.check(result: result, of: HandleCall.self)
        let response = try HandleAnswer(result: result).response()
        return "status \(response.status), \(response.body.count) bytes"
    }
}
