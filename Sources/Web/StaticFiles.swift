// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// The files of the web console, read once at start: a request can only name what is in this table.
struct StaticFiles: Sendable {
    struct File: Sendable {
        let type: String
        let tag: String
        let body: ByteBuffer
        /// The same, compressed by gzip, where a `.gz` file stands beside it.
        let compressed: ByteBuffer?
    }

    private static let maximumFiles = 1000
    private static let maximumBytes = 32 << 20
    private static let types = [
        "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "mjs": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml",
        "png": "image/png", "ico": "image/x-icon", "json": "application/json", "woff2": "font/woff2",
        "txt": "text/plain; charset=utf-8", "md": "text/plain; charset=utf-8",
    ]

    /// What pages of plugins load in their frames.
    private static let sharedFiles: Set = ["/lib/plugin-frame.js"]

    private let files: [String: File]

    /// Reads a directory.
    ///
    /// - Throws: `storageFailed` where it is not there, has no `index.html`, or is too big.
    init(directory: String) throws {
        // A walk does not enter a directory that is a link itself.
        let root = URL(fileURLWithPath: directory, isDirectory: true).resolvingSymlinksInPath().standardizedFileURL
        let missing = GatehouseError(
            .storageFailed, "The web pages are not in \(directory); set webDirectory to where they are.")
        guard
            let walk = FileManager.default.enumerator(
                at: root, includingPropertiesForKeys: [.isRegularFileKey], options: [.skipsHiddenFiles])
        else { throw missing }
        var bodies: [String: Data] = [:]
        var total = 0
        for case let url as URL in walk {
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            let body = try Data(contentsOf: url)
            total += body.count
            bodies[String(url.standardizedFileURL.path.dropFirst(root.path.count))] = body
            guard bodies.count <= Self.maximumFiles, total <= Self.maximumBytes else {
                throw GatehouseError(.storageFailed, "\(directory) holds more than web pages; set webDirectory.")
            }
        }
        guard bodies["/index.html"] != nil else { throw missing }
        files = bodies.reduce(into: [:]) { files, entry in
            guard let type = Self.type(of: entry.key) else { return }
            let digest = SHA256.hash(data: entry.value).prefix(12)
            files[entry.key] = File(
                type: type, tag: "\"\(Data(digest).base64EncodedString())\"", body: ByteBuffer(bytes: entry.value),
                compressed: bodies[entry.key + ".gz"].map { ByteBuffer(bytes: $0) })
        }
    }

    /// The paths of all files.
    var paths: [String] { Array(files.keys) }

    /// The content type for a path, by how it ends; nil for what is not served.
    static func type(of path: String) -> String? {
        types[path.split(separator: ".").last.map(String.init) ?? ""]
    }

    /// Answers a request for a path; nil where there is no such file.
    func response(path: String, request: Request) -> Response? {
        guard let file = files[path] else { return nil }
        var headers = HTTPFields()
        headers[.contentType] = file.type
        headers[.eTag] = file.tag
        // Always asked again, mostly answered with 304: an upgrade shows at once.
        headers[.cacheControl] = "no-cache"
        headers[.vary] = "Accept-Encoding"
        if Self.sharedFiles.contains(path) { headers.shareWithFrames() }
        if request.headers[.ifNoneMatch]?.contains(file.tag) == true {
            return Response(status: .notModified, headers: headers)
        }
        let body: ByteBuffer
        if let compressed = file.compressed, Self.acceptsGzip(request.headers[.acceptEncoding]) {
            headers[.contentEncoding] = "gzip"
            body = compressed
        } else {
            body = file.body
        }
        headers[.contentLength] = String(body.readableBytes)
        return Response(
            status: .ok, headers: headers, body: request.method == .head ? .init() : .init(byteBuffer: body))
    }

    /// Whether a browser takes gzip; it may also name it to say no (RFC 9110, 12.5.3).
    private static func acceptsGzip(_ header: String?) -> Bool {
        (header ?? "").split(separator: ",").contains { entry in
            let parts = entry.split(separator: ";").map(\.trimmingWhitespace)
            guard parts.first == "gzip" else { return false }
            return !parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
        }
    }
}
