// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// Sets the headers that keep pages to themselves, on every answer, and turns unknown failures into plain ones.
///
/// Files and answers of plugins bring a content policy of their own, which is stricter, and files of theirs
/// say themselves who may load them; the rest is the same for all.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// Made once, for every answer has them.
    private let policy = [
        "default-src 'none'", "script-src 'self'", "worker-src 'self'", "style-src 'self'",
        "img-src 'self' data: blob:", "connect-src 'self'", "font-src 'self'", "frame-src 'self'",
        "frame-ancestors 'self'", "base-uri 'none'", "form-action 'self'",
    ].joined(separator: "; ")

    private let others = [
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), payment=()"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    private let frameOptions = HTTPField.Name("X-Frame-Options")

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await respond(request, context, next)
        let isOwnPage = response.headers[.contentSecurityPolicy] == nil
        if isOwnPage { response.headers[.contentSecurityPolicy] = policy }
        response.headers[values: .xContentTypeOptions] = ["nosniff"]
        for (name, value) in others where response.headers[name] == nil { response.headers[name] = value }
        // The content policy says it too, and says it better where a frame has no origin.
        if isOwnPage, let frameOptions { response.headers[frameOptions] = "SAMEORIGIN" }
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
