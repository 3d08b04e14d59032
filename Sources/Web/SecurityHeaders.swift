// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// The headers that keep pages to themselves.
enum SecurityFields {
    /// Made once, for every answer has them.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "worker-src 'self'", "style-src 'self'",
        "img-src 'self' data: blob:", "connect-src 'self'", "font-src 'self'", "frame-src 'self'",
        "frame-ancestors 'self'", "base-uri 'none'", "form-action 'self'",
    ].joined(separator: "; ")

    private static let others = [
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=(), payment=()"),
    ].compactMap { name, value in HTTPField.Name(name).map { HTTPField(name: $0, value: value) } }

    private static let frameOptions = HTTPField.Name("X-Frame-Options")

    /// What is added to every answer with a content policy of its own, but for how long it may be kept.
    static let foreign: HTTPFields = {
        var fields: HTTPFields = [.contentSecurityPolicy: "", .cacheControl: ""]
        complete(&fields)
        fields[.contentSecurityPolicy] = nil
        fields[.cacheControl] = nil
        return fields
    }()

    /// Adds what an answer does not say itself.
    ///
    /// Files and answers of plugins bring a content policy of their own, which is stricter, and files of theirs
    /// say themselves who may load them; the rest is the same for all.
    static func complete(_ headers: inout HTTPFields) {
        let isOwnPage = !headers.contains(.contentSecurityPolicy)
        if isOwnPage { headers[.contentSecurityPolicy] = policy }
        headers[.xContentTypeOptions] = "nosniff"
        for field in others where !headers.contains(field.name) { headers.append(field) }
        // The content policy says it too, and says it better where a frame has no origin.
        if isOwnPage, let frameOptions { headers[frameOptions] = "SAMEORIGIN" }
        if !headers.contains(.cacheControl) { headers.append(HTTPField(name: .cacheControl, value: "no-store")) }
    }
}

/// Sets the headers that keep pages to themselves, on every answer, and turns unknown failures into plain ones.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await respond(request, context, next)
        SecurityFields.complete(&response.headers)
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
