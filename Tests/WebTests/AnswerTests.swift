// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import Hummingbird
import JSONRPC
import Model
import NIOCore
import TestSupport
import Testing

@testable import Web

/// Answers as they go over the wire.
@Suite struct AnswerTests {
    @Test func `every error has a status that says whose fault it is`() {
        let expected: [GatehouseError.Code: Int] = [
            .parseError: 400, .invalidRequest: 400, .methodNotFound: 404, .invalidParameters: 400, .internal: 500,
            .unauthenticated: 401, .forbidden: 403, .notFound: 404, .conflict: 409, .consoleLocked: 409,
            .consoleUnreachable: 502, .machineLocked: 409, .nodeUnreachable: 502, .unsupported: 501,
            .limitExceeded: 429, .rateLimited: 429, .timeout: 504, .storageFailed: 503, .expired: 401,
            .hypervisorFailed: 502, .pluginFailed: 502,
        ]
        for code in GatehouseError.Code.allCases { #expect(code.status.code == expected[code], "\(code)") }
    }

    @Test func `an error never shows its cause`() throws {
        let error = GatehouseError(.storageFailed, "It can not be kept.", cause: "/secret/path: I/O error")
        let value = RPCResponse(id: .null, outcome: .failure(error)).json
        #expect(!JSONWriter.text(value).contains("secret"))
        #expect(Response.failure(error).status.code == 503)
    }

    @Test func `an event is three lines and an empty one`() {
        let event = RenderedEvent(topic: "machine.changed", data: ["text": "line\nbreak\r\n\u{2028}: end"])
        let frame = String(buffer: EventStream.frame(event, id: 7))
        #expect(frame.hasPrefix("id: 7\nevent: machine.changed\ndata: {\"text\":\"line\\nbreak\\r\\n"))
        #expect(frame.hasSuffix("\n\n"))
        #expect(frame.split(separator: "\n", omittingEmptySubsequences: false).count == 5)
        #expect(!frame.contains("\r"))
    }

    @Test func `names in the metrics can not break out of their labels`() async throws {
        let name = "a\\b\"c\nevil_metric 1"
        try await TestCore.run(nodes: [TestCore.node(name, FakeHypervisor())]) { core in
            let api = CoreAPI(core: core.core, version: "0", logger: TestCore.quiet)
            let page = await MetricsPage(api: api, settings: .plain()).text()
            #expect(page.contains(#"gatehouse_machines{node="a\\b\"c\nevil_metric 1"} 0"#))
            #expect(!page.split(separator: "\n").contains { $0.hasPrefix("evil_metric") })
            for line in page.split(separator: "\n") where !line.hasPrefix("#") {
                #expect(line.split(separator: " ").last.flatMap { Int($0) } != nil, "\(line)")
            }
        }
    }

    @Test func `calls to methods that do not exist make no new metrics`() async throws {
        try await TestCore.run { core in
            let api = CoreAPI(core: core.core, version: "0", logger: TestCore.quiet)
            for number in 0..<50 {
                _ = try? await api.call("no.such\(number)", [:], principal: TestCore.anonymous)
            }
            #expect(api.callCounts.count == 1)
        }
    }

    @Test func `who may read the metrics is as it was set`() async throws {
        try await TestCore.run { core in
            let api = CoreAPI(core: core.core, version: "0", logger: TestCore.quiet)
            func allows(_ audience: MetricsAudience, _ principal: Principal) -> Bool {
                var settings = WebSettings.plain()
                settings.metrics = audience
                return MetricsPage(api: api, settings: settings).allows(principal)
            }
            func stranger(_ address: String) -> Principal { Principal(identity: .anonymous, address: address) }
            #expect(allows(.loopback, stranger("127.0.0.1")))
            #expect(allows(.loopback, stranger("::1")))
            #expect(allows(.loopback, stranger("::ffff:127.0.0.1")))
            #expect(!allows(.loopback, stranger("192.0.2.1")))
            #expect(!allows(.loopback, stranger("unknown")))
            #expect(allows(.anyone, stranger("192.0.2.1")))
            #expect(!allows(.authenticated, stranger("127.0.0.1")))
            let (ann, root) = (try await core.someone("ann"), try await core.someone("root", .superUser))
            #expect(!allows(.authenticated, ann))
            #expect(allows(.authenticated, root))
            let ranges = [AddressRange("192.0.2.0/24")].compactMap { $0 }
            #expect(allows(.ranges(ranges), stranger("192.0.2.200")))
            #expect(!allows(.ranges(ranges), stranger("127.0.0.1")))
        }
    }
}
