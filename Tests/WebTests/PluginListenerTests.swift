// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization
import TestSupport
import Testing

@testable import Web

/// Ports of plugins' own.
@Suite struct PluginListenerTests {
    /// What was reported, in order.
    private final class Reports: Sendable {
        private let states = Mutex<[PluginListenerState]>([])

        var all: [PluginListenerState] { states.withLock { $0 } }
        var ports: [Int] { all.compactMap { if case .open(let port) = $0 { port } else { nil } } }
        var failures: [GatehouseError] { all.compactMap { if case .failed(let error) = $0 { error } else { nil } } }

        var take: @Sendable (PluginListener, PluginListenerState) -> Void { { _, state in self.add(state) } }
        func add(_ state: PluginListenerState) { states.withLock { $0.append(state) } }
    }

    private static let any = PluginRoute(plugin: "hello", path: "/", isPrefix: true, isListenerOnly: true)
    private static let other = PluginRoute(plugin: "other", path: "/other", isPrefix: true)

    private static func listener(_ port: Int = 0, isTLS: Bool = false) -> PluginListener {
        PluginListener(plugin: "hello", address: "127.0.0.1", port: port, isTLS: isTLS)
    }

    private static func ask(_ port: Int, _ target: String) async throws -> WireAnswer {
        let connection = try await WireConnection.open(.tcp(port: port))
        let answer = try await connection.exchange(WireRequest("GET", target, headers: [("Host", "x:\(port)")]))
        await connection.close()
        return answer
    }

    @Test func `a listener answers its plugin's routes and no others`() async throws {
        let (gateway, reports) = (FakeGateway([Self.other, Self.any]), Reports())
        try await TestServer.run(plugins: gateway, report: reports.take) { server in
            gateway.want([Self.listener()])
            try await eventually("it is open") { !reports.ports.isEmpty }
            let port = try #require(reports.ports.first)
            #expect(try await Self.ask(port, "/RPC2").text == "hello")
            #expect(gateway.asked.last?.listener == "127.0.0.1:0")
            #expect(try await Self.ask(port, "/api").text == "hello")
            gateway.routes([Self.other])
            for target in ["/other", "/", "/index.html", "/healthz", "/api"] {
                #expect(try await Self.ask(port, target).status == 404, "\(target)")
            }
            #expect(try await server.get("/other").text == "hello")
        }
    }

    @Test func `a listener closes when it is not wanted, and the rest stays`() async throws {
        let (gateway, reports) = (FakeGateway([Self.any]), Reports())
        try await TestServer.run(plugins: gateway, report: reports.take) { server in
            gateway.want([Self.listener()])
            try await eventually("it is open") { !reports.ports.isEmpty }
            let port = try #require(reports.ports.first)
            let idle = try await WireConnection.open(.tcp(port: port))
            gateway.want([])
            try await eventually("it is closed") { reports.all.last == .closed }
            await #expect(throws: (any Error).self) { try await WireConnection.open(.tcp(port: port)) }
            #expect(try await server.get("/healthz").text == "ok\n")
            await idle.close()
            gateway.want([Self.listener(port)])
            try await eventually("it is open again") { reports.ports.count == 2 }
            #expect(try await Self.ask(port, "/").text == "hello")
        }
    }

    @Test func `a port that is taken is told once, and taken when it is free`() async throws {
        let (gateway, reports) = (FakeGateway([Self.any]), Reports())
        try await TestServer.run(plugins: gateway, report: reports.take) { server in
            gateway.want([Self.listener(server.port)])
            try await eventually("it has failed") { !reports.failures.isEmpty }
            let error = try #require(reports.failures.first)
            #expect(error.message.contains("\(server.port)") && error.message.contains("in use"))
            gateway.want([])
            try await eventually("it is given up") { reports.all.last == .closed }
            #expect(reports.failures.count == 1)
        }
    }

    @Test func `a listener with TLS needs a certificate`() async throws {
        let (gateway, reports) = (FakeGateway([Self.any]), Reports())
        try await TestServer.run(plugins: gateway, report: reports.take) { _ in
            gateway.want([Self.listener(isTLS: true)])
            try await eventually("it has failed") { !reports.failures.isEmpty }
            #expect(reports.failures.first?.message.contains("TLS is off") == true)
        }
    }
}
