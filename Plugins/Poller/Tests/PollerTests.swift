// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginKit
import Synchronization
import Testing

@testable import PollerPlugin

/// A core with nodes, each of which can be told to keep its answer back.
final class FakeCore: Sendable {
    private struct State {
        var nodes: [(name: String, state: String, kind: String)] = []
        var held: Set<String> = []
        var waiting: [String: CheckedContinuation<Void, Never>] = [:]
        var taken: [String: Int] = [:]
        var failing: Set<String> = []
    }

    private let state = Mutex(State())
    private let appended: AsyncStream<[String: JSONValue]>
    private let appending: AsyncStream<[String: JSONValue]>.Continuation
    let machines: Int

    init(nodes: [String], machines: Int = 1) {
        (appended, appending) = AsyncStream.makeStream()
        self.machines = machines
        state.withLock { $0.nodes = nodes.map { ($0, "online", "libvirt") } }
    }

    func add(_ name: String, state word: String, kind: String = "libvirt") {
        state.withLock { $0.nodes.append((name, word, kind)) }
    }

    func hold(_ node: String) { _ = state.withLock { $0.held.insert(node) } }
    func fail(_ node: String, _ fails: Bool) {
        state.withLock { if fails { $0.failing.insert(node) } else { $0.failing.remove(node) } }
    }

    func release(_ node: String) {
        let waiting = state.withLock { state in
            state.held.remove(node)
            return state.waiting.removeValue(forKey: node)
        }
        waiting?.resume()
    }

    func taken(_ node: String) -> Int { state.withLock { $0.taken[node] ?? 0 } }

    /// The parameters of the next `sample.append`.
    func next() async -> [String: JSONValue]? {
        for await parameters in appended { return parameters }
        return nil
    }

    var host: Host { Host { method, parameters, _ in try await self.answer(method, parameters) } }

    private func answer(_ method: String, _ parameters: [String: JSONValue]) async throws -> JSONValue {
        switch method {
        case "node.list":
            let nodes = state.withLock { $0.nodes }
            return [
                "nodes": .array(
                    nodes.map { ["name": .string($0.name), "state": .string($0.state), "kind": .string($0.kind)] })
            ]
        case "node.sample": return try await sample(parameters["node"]?.stringValue ?? "")
        case "sample.append":
            appending.yield(parameters)
            return [:]
        default: throw GatehouseError(.methodNotFound, method)
        }
    }

    private func sample(_ node: String) async throws -> JSONValue {
        let (turn, isHeld, fails) = state.withLock { state in
            state.taken[node, default: 0] += 1
            return (state.taken[node] ?? 0, state.held.contains(node), state.failing.contains(node))
        }
        if isHeld {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard state.held.contains(node) else { return true }
                    state.waiting[node] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }
        if fails { throw GatehouseError(.nodeUnreachable, "The node does not answer.") }
        let at = Date(timeIntervalSince1970: Double(turn) * 10)
        let machines = (0..<machines).map { number -> JSONValue in
            [
                "machine": .string("m\(number)"), "state": number % 10 == 9 ? "off" : "running",
                "cpuNanoseconds": .int(Int64(turn) * 5_000_000_000), "vcpus": 1, "memoryKiB": 1024,
                "usedMemoryKiB": nil, "diskReadBytes": .int(Int64(turn) * 1000), "diskWriteBytes": 0,
                "netReceivedBytes": 0, "netSentBytes": 0,
            ]
        }
        return [
            "node": .string(node),
            "at": .string(at.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))),
            "host": [
                "cpuNanoseconds": nil, "idleNanoseconds": nil, "cpus": 4, "memoryKiB": 100, "freeMemoryKiB": 25,
                "load": [.double(0.5), .double(0.25), .double(0.125)],
            ],
            "machines": .array(machines),
        ]
    }
}

@Suite(.timeLimit(.minutes(1))) struct PollerTests {
    /// Runs a poller beside a test, and ends it afterwards.
    private func with(
        _ core: FakeCore, _ body: (Poller) async throws -> Void
    ) async throws {
        let poller = Poller()
        let task = Task { await poller.run(core.host) }
        try await body(poller)
        task.cancel()
        await task.value
    }

    @Test func `every node that is online is sampled at each turn, and rates come with the second`() async throws {
        let core = FakeCore(nodes: ["kvm1"])
        core.add("away", state: "unreachable")
        core.add("static", state: "online", kind: "static")
        try await with(core) { poller in
            try await poller.turn(core.host)
            let first = try #require(await core.next())
            #expect(first["node"] == "kvm1" && first["at"] == "1970-01-01T00:00:10.000Z")
            #expect(first["host"] == ["memoryPercent": .double(75), "load": .double(0.5)])
            #expect(first["machines"] == [["machine": "m0", "memoryKiB": 1024]])
            try await settle(poller, core, "kvm1")
            let second = try #require(await core.next())
            #expect(
                second["machines"] == [
                    [
                        "machine": "m0", "memoryKiB": 1024, "cpuPercent": .double(50), "diskRead": 100, "diskWrite": 0,
                        "netReceived": 0, "netSent": 0,
                    ]
                ])
            #expect(core.taken("away") == 0 && core.taken("static") == 0)
        }
    }

    /// Gives turns until a node takes one; it may still be at the end of the one before.
    private func settle(_ poller: Poller, _ core: FakeCore, _ node: String) async throws {
        let before = core.taken(node)
        while core.taken(node) == before {
            try await poller.turn(core.host)
            await Task.yield()
        }
    }

    @Test func `a node that does not answer misses its turns and delays no other`() async throws {
        let core = FakeCore(nodes: ["slow", "quick"])
        core.hold("slow")
        try await with(core) { poller in
            for _ in 0..<5 {
                try await settle(poller, core, "quick")
                #expect(await core.next()?["node"] == "quick")
            }
            #expect(core.taken("slow") == 1)
            core.release("slow")
            // The quick one may have had more turns than were waited for.
            var next = await core.next()
            for _ in 0..<20 where next?["node"] == "quick" { next = await core.next() }
            #expect(next?["node"] == "slow")
            try await settle(poller, core, "slow")
            #expect(core.taken("slow") > 1)
        }
    }

    @Test func `a node that fails is tried again at its next turn`() async throws {
        let core = FakeCore(nodes: ["kvm1"])
        core.fail("kvm1", true)
        try await with(core) { poller in
            try await settle(poller, core, "kvm1")
            try await settle(poller, core, "kvm1")
            core.fail("kvm1", false)
            try await settle(poller, core, "kvm1")
            #expect(await core.next()?["node"] == "kvm1")
        }
    }

    @Test func `a node that was away begins anew`() async throws {
        let core = FakeCore(nodes: ["kvm1"])
        try await with(core) { poller in
            try await poller.turn(core.host)
            _ = await core.next()
            let empty = Host { _, _, _ in ["nodes": []] }
            try await poller.turn(empty)
            try await settle(poller, core, "kvm1")
            let machine = try #require(await core.next()?["machines"]?.arrayValue?.first)
            #expect(machine["diskRead"] == nil)
        }
    }

    @Test func `a list of nodes that can not be had is the host's to hear of`() async {
        let host = Host { _, _, _ in throw GatehouseError(.forbidden, "Not granted.") }
        await #expect(throws: GatehouseError.self) { try await Poller().turn(host) }
    }

    @Test func `five hundred machines of a node are sampled, with rates from the second turn on`() async throws {
        let core = FakeCore(nodes: ["kvm1"], machines: 500)
        try await with(core) { poller in
            for turn in 0..<3 {
                try await settle(poller, core, "kvm1")
                let machines = try #require(await core.next()?["machines"]?.arrayValue)
                #expect(machines.count == 450)
                #expect((machines[0]["cpuPercent"] == nil) == (turn == 0))
            }
        }
    }
}
