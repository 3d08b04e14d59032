// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import TestSupport
import Testing

@testable import Web

/// The pages, and nothing but the pages.
@Suite struct StaticFilesTests {
    private func response(_ path: String, method: HTTPRequest.Method = .get, _ headers: HTTPFields = [:]) throws
        -> Response?
    {
        let pages = try Pages()
        let head = HTTPRequest(method: method, scheme: "https", authority: "x", path: path, headerFields: headers)
        return try StaticFiles(directory: pages.path).response(
            path: path, request: Request(head: head, body: RequestBody(buffer: ByteBuffer())))
    }

    @Test func `a page comes with its type and a tag`() throws {
        let response = try #require(try response("/index.html"))
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/html; charset=utf-8")
        #expect(response.headers[.contentLength] == String(Pages.index.utf8.count))
        #expect(response.headers[.eTag]?.hasPrefix("\"") == true)
        #expect(response.headers[.cacheControl] == "no-cache")
        #expect(try self.response("/lib/a.js")?.headers[.contentType] == "text/javascript; charset=utf-8")
    }

    @Test(arguments: [
        "/secret.html", "/../secret.html", "/lib/../../secret.html", "/lib/../index.html", "/./index.html",
        "//index.html", "//evil.example/index.html", "/%2e%2e/secret.html", "/%2e%2e%2fsecret.html", "/index.html/",
        "/index.html%00.js", "/lib", "/lib/", "", "index.html", "/INDEX.HTML", "/.hidden.html", "/notes.xyz", "/plain",
        "/app.js.gz", "\\..\\secret.html", "/outside.html", "/index.html?x", "/index.html#x",
    ])
    func `nothing else is served`(path: String) throws {
        #expect(try response(path) == nil)
    }

    @Test func `a page that the browser has is not sent again`() throws {
        let tag = try #require(try response("/index.html")?.headers[.eTag])
        for header in [tag, "\"other\", \(tag)", "W/\(tag)"] {
            let again = try #require(try response("/index.html", [.ifNoneMatch: header]))
            #expect(again.status == .notModified)
            #expect(again.headers[.eTag] == tag)
        }
        #expect(try response("/index.html", [.ifNoneMatch: "\"other\""])?.status == .ok)
    }

    @Test func `the tag changes with the content`() throws {
        let pages = try Pages()
        let request = Request(
            head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/index.html"),
            body: RequestBody(buffer: ByteBuffer()))
        let before = try StaticFiles(directory: pages.path).response(path: "/index.html", request: request)
        try Data("changed".utf8).write(to: URL(fileURLWithPath: pages.path + "/index.html"))
        let after = try StaticFiles(directory: pages.path).response(path: "/index.html", request: request)
        #expect(before?.headers[.eTag] != after?.headers[.eTag])
    }

    @Test func `a page is compressed where the browser can read that and the compressed file is there`() throws {
        let packed = try #require(try response("/app.js", [.acceptEncoding: "br, gzip"]))
        #expect(packed.headers[.contentEncoding] == "gzip")
        #expect(packed.headers[.contentLength] == "10")
        #expect(packed.headers[.vary] == "Accept-Encoding")
        #expect(try response("/app.js", [.acceptEncoding: "br"])?.headers[.contentEncoding] == nil)
        #expect(try response("/app.js")?.headers[.contentEncoding] == nil)
        #expect(try response("/index.html", [.acceptEncoding: "gzip"])?.headers[.contentEncoding] == nil)
    }

    @Test(arguments: ["gzip;q=0", "gzip; q=0.0, br", "x-gzipped"])
    func `a browser that does not want it compressed gets it plain`(header: String) throws {
        #expect(try response("/app.js", [.acceptEncoding: header])?.headers[.contentEncoding] == nil)
    }

    @Test func `asking for the head gives the length and no body`() async throws {
        let response = try #require(try response("/index.html", method: .head))
        #expect(response.headers[.contentLength] == String(Pages.index.utf8.count))
        #expect(response.body.contentLength == 0)
    }

    @Test func `a directory that is a link is followed`() throws {
        let pages = try Pages()
        let link = pages.directory.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: pages.path)
        let request = Request(
            head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/lib/a.js"),
            body: RequestBody(buffer: ByteBuffer()))
        #expect(try StaticFiles(directory: link).response(path: "/lib/a.js", request: request)?.status == .ok)
    }

    @Test func `a directory without pages is refused with what to set`() async throws {
        let empty = try ScratchDirectory()
        for path in [empty.path, empty.file("missing")] {
            let error = await expect(.storageFailed) { try StaticFiles(directory: path) }
            #expect(error?.message.contains("webDirectory") == true)
        }
    }
}
