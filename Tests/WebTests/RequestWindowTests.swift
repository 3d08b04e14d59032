// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Web

/// How many requests one address may send.
@Suite struct RequestWindowTests {
    @Test func `the maximum passes and the next one has to wait`() {
        var window = RequestWindow(maximum: 3)
        for _ in 0..<3 { #expect(window.note("192.0.2.1", now: .seconds(10)) == nil) }
        #expect(window.note("192.0.2.1", now: .seconds(10)) == 50)
    }

    @Test func `addresses are counted apart`() {
        var window = RequestWindow(maximum: 1)
        #expect(window.note("192.0.2.1", now: .zero) == nil)
        #expect(window.note("192.0.2.2", now: .zero) == nil)
        #expect(window.note("192.0.2.1", now: .zero) != nil)
    }

    @Test func `after a minute the count begins anew`() {
        var window = RequestWindow(maximum: 1)
        #expect(window.note("192.0.2.1", now: .zero) == nil)
        #expect(window.note("192.0.2.1", now: .milliseconds(59_999)) == 1)
        #expect(window.note("192.0.2.1", now: .seconds(60)) == nil)
        #expect(window.note("192.0.2.1", now: .seconds(61)) == 59)
    }

    @Test func `the wait is at least a second and at most a minute`() {
        var window = RequestWindow(maximum: 0)
        for second in 0..<200 {
            let wait = window.note("192.0.2.1", now: .seconds(second))
            #expect(wait.map { (1...60).contains($0) } == true)
        }
    }

    @Test func `a crowd of addresses fills no memory and locks nobody out`() {
        var window = RequestWindow(maximum: 1)
        for number in 0..<30_000 { #expect(window.note("a\(number)", now: .zero) == nil) }
        #expect(window.note("a0", now: .zero) != nil)
        #expect(window.note("a29999", now: .zero) == nil)
    }

    @Test func `an address that asks too much gets 429 and the time to wait`() async throws {
        try await TestServer.run(requestsPerMinute: 3) { server in
            for _ in 0..<3 { #expect(try await server.get("/metrics").status == 200) }
            let answer = try await server.get("/metrics")
            #expect(answer.status == 429)
            #expect(answer["retry-after"].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            #expect(answer.text.contains("rateLimited"))
        }
    }
}

@Suite struct RequestLimitTests {
    @Test func `files of the pages are not counted, calls are`() {
        #expect(!["/", "/app.js", "/vendor/novnc/core/rfb.js", "/apiary"].contains(where: RequestLimit.counts))
        #expect(["/api", "/api/events", "/api/machines/x/picture", "/metrics"].allSatisfy(RequestLimit.counts))
    }
}
