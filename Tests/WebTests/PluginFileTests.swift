// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@testable import Web

/// Files of plugins' pages.
@Suite struct PluginFileTests {
    @Test func `a file comes for frames without an origin, in a sandbox`() async throws {
        let gateway = FakeGateway()
        gateway.file("overview/page.js", "export {}\n", tag: "abc")
        gateway.file("overview/vendor/a b.css", "a {}")
        try await TestServer.run(plugins: gateway) { server in
            let answer = try await server.get("/plugin-files/overview/page.js")
            #expect(answer.status == 200)
            #expect(answer.text == "export {}\n")
            #expect(answer["content-type"] == "text/javascript; charset=utf-8")
            #expect(answer["content-security-policy"]?.hasPrefix("sandbox allow-scripts; default-src 'none'") == true)
            #expect(answer["content-security-policy"]?.contains("frame-ancestors 'self'") == true)
            #expect(answer["access-control-allow-origin"] == "*")
            #expect(answer["cross-origin-resource-policy"] == "cross-origin")
            #expect(answer["x-frame-options"] == nil)
            #expect(answer["x-content-type-options"] == "nosniff")
            #expect(answer["etag"] == "\"abc\"")
            let again = try await server.get("/plugin-files/overview/page.js", [("If-None-Match", "\"abc\"")])
            #expect(again.status == 304)
            let style = try await server.get("/plugin-files/overview/vendor/a%20b.css")
            #expect(style["content-type"] == "text/css; charset=utf-8")
        }
    }

    @Test func `what is not there is not there`() async throws {
        let gateway = FakeGateway()
        gateway.file("overview/page.js", "export {}\n")
        try await TestServer.run(plugins: gateway) { server in
            for target in [
                "/plugin-files/overview/page.mjs", "/plugin-files/overview", "/plugin-files/other/page.js",
                "/plugin-files/overview/%2e%2e/page.js", "/plugin-files/", "/plugin-files/overview/%ff",
            ] {
                let answer = try await server.get(target)
                #expect(answer.status == 404, "\(target)")
            }
        }
    }

    @Test func `the shell may show frames of its own address`() async throws {
        try await TestServer.run { server in
            let answer = try await server.get("/")
            #expect(answer["content-security-policy"]?.contains("frame-src 'self'") == true)
        }
    }
}
