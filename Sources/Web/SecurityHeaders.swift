// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// Sets the headers that keep pages to themselves, on every answer, and turns unknown failures into plain ones.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    private static var policy: String {
        [
            "default-src 'none'", "script-src 'self'", "worker-src 'self'", "style-src 'self'",
            "img-src 'self' data: blob:", "connect-src 'self'", "font-src 'self'", "frame-ancestors 'self'",
            "base-uri 'none'", "form-action 'self'",
        ].joined(separator: "; ")
    }

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await respond(request, context, next)
        response.headers[values: .contentSecurityPolicy] = [Self.policy]
        response.headers[values: .xContentTypeOptions] = ["nosniff"]
        for (name, value) in [
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "SAMEORIGIN"),
            ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), payment=()"),
        ] {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func respond(
        _ request: Request, _ context: Context, _ next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            return try error.response(from: request, context: context)
        }
    }
}
