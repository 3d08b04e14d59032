// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceLifecycle
import TestRandom
import TestSupport
import Testing

@testable import Web

/// A directory with a few pages.
struct Pages {
    let directory: ScratchDirectory

    static let index = "<!doctype html><title>Gatehouse</title>\n"

    init() throws {
        directory = try ScratchDirectory()
        for name in ["www", "www/lib"] {
            try FileManager.default.createDirectory(
                atPath: directory.file(name), withIntermediateDirectories: true)
        }
        for (name, content) in [
            ("secret.html", "not yours"), ("www/index.html", Self.index), ("www/console.html", "console"),
            ("www/app.js", "import './lib/a.js'\n"), ("www/app.js.gz", "compressed"), ("www/lib/a.js", "export {}\n"),
            ("www/notes.xyz", "unknown"), ("www/.hidden.html", "hidden"), ("www/plain", "no type"),
        ] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        try FileManager.default.createSymbolicLink(
            atPath: directory.file("www/outside.html"), withDestinationPath: directory.file("secret.html"))
    }

    var path: String { directory.file("www") }
}

extension WebSettings {
    /// Settings of a server on a free loopback port without TLS.
    static func plain(_ webDirectory: String = "/nowhere") -> WebSettings {
        WebSettings(address: "127.0.0.1", port: 0, isTLS: false, webDirectory: webDirectory)
    }
}

/// A whole HTTP edge over a whole core, on a free port.
struct TestServer: Sendable {
    let port: Int
    let core: TestCore

    /// Runs a test against it.
    static func run(
        nodes: [NodeDeclaration] = [], requestsPerMinute: Int = 1_000_000,
        plugins: any PluginGateway = NoPluginRoutes(), report: @escaping PluginListenerReport = { _, _ in },
        trustedProxies: [String] = [],
        _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        let pages = try Pages()
        var settings = WebSettings.plain(pages.path)
        settings.requestsPerMinute = requestsPerMinute
        settings.trustedProxies = trustedProxies.compactMap { AddressRange($0) }
        try await TestCore.run(nodes: nodes) { [settings] core in
            let api = CoreAPI(core: core.core, version: "0", logger: TestCore.quiet)
            let web = try WebServer(
                api: api, settings: settings, tls: nil, plugins: plugins, report: report, logger: TestCore.quiet)
            let group = ServiceGroup(
                configuration: .init(services: [.init(service: web)], logger: TestCore.quiet))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                await web.waitUntilListening()
                let port = web.origin.split(separator: ":").last.flatMap { Int($0) } ?? 0
                do {
                    try await body(TestServer(port: port, core: core))
                } catch {
                    Issue.record(error)
                }
                core.core.bus.close()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    /// Sends a request over a connection of its own.
    func exchange(_ request: WireRequest) async throws -> WireAnswer {
        let connection = try await WireConnection.open(.tcp(port: port))
        do {
            let answer = try await connection.exchange(request)
            await connection.close()
            return answer
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Asks for a page.
    func get(_ target: String, _ headers: [(name: String, value: String)] = []) async throws -> WireAnswer {
        try await exchange(WireRequest("GET", target, headers: [("Host", "127.0.0.1:\(port)")] + headers))
    }

    /// Posts a call as a browser does, with some headers changed; nil takes one away.
    func post(_ body: String, but changes: [String: String?] = [:]) async throws -> WireAnswer {
        let host = "127.0.0.1:\(port)"
        var headers: [String: String?] = [
            "Host": host, "Origin": "http://\(host)", "Content-Type": "application/json",
        ]
        headers.merge(changes) { $1 }
        return try await exchange(
            WireRequest(
                "POST", "/api", headers: headers.compactMap { name, value in value.map { (name, $0) } },
                body: Array(body.utf8)))
    }
}
