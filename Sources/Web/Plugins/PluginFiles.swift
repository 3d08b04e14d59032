// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// `/plugin-files/NAME/PATH`: the files of plugins' pages, for frames that the shell opens in a sandbox.
///
/// Such a frame has no origin of its own, so modules and fonts need to be shared with every origin;
/// nothing in these files is a secret.
struct PluginFiles: Sendable {
    static let prefix = "/plugin-files/"
    private static let contentPolicy = [
        "sandbox allow-scripts", "default-src 'none'", "script-src 'self'", "style-src 'self'",
        "img-src 'self' data:", "font-src 'self'", "connect-src 'none'", "frame-ancestors 'self'", "base-uri 'none'",
        "form-action 'none'",
    ].joined(separator: "; ")

    let gateway: any PluginGateway

    /// Answers a request for a file; nil where there is none.
    func response(_ request: Request) -> Response? {
        guard let path = request.uri.path.removingPercentEncoding, path.hasPrefix(Self.prefix) else { return nil }
        let parts = path.dropFirst(Self.prefix.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let file = gateway.file(of: String(parts[0]), path: String(parts[1])) else {
            return nil
        }
        let tag = file.tag.hasPrefix("\"") ? file.tag : "\"\(file.tag)\""
        var headers: HTTPFields = [
            .contentType: StaticFiles.type(of: path) ?? "application/octet-stream", .eTag: tag,
            // Always asked again, so that a plugin that goes off takes its pages along.
            .cacheControl: "no-cache", .contentSecurityPolicy: Self.contentPolicy,
        ]
        headers.shareWithFrames()
        if request.headers[.ifNoneMatch]?.contains(tag) == true {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentLength] = String(file.bytes.count)
        return Response(
            status: .ok, headers: headers,
            body: request.method == .head ? .init() : .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}

extension HTTPFields {
    /// Lets pages in a sandbox, whose origin is opaque, load this.
    mutating func shareWithFrames() {
        self[.accessControlAllowOrigin] = "*"
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { self[name] = "cross-origin" }
    }
}
