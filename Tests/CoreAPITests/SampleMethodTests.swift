// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestRandom
import TestSupport
import Testing

@Suite struct SampleMethodTests {
    @Test func `a node's sample has the host and every machine by its address`() async throws {
        try await APIFixture.run { fixture in
            let sample = try await fixture.call("node.sample", ["node": "n1"], as: fixture.root)
            #expect(sample["node"] == "n1" && sample["at"] == "2027-01-15T12:00:00.000Z")
            #expect(
                sample["host"]?["cpuNanoseconds"] == 1_000_000_000
                    && sample["host"]?["load"] == [.double(0.5), .double(0.25), .double(0.125)])
            #expect(sample["host"]?["freeMemoryKiB"] == 8_388_608)
            let machines = sample["machines"]?.arrayValue ?? []
            let (web, db) = (try await fixture.address("web"), try await fixture.address("db"))
            #expect(
                Set(machines.compactMap { $0["machine"]?.stringValue }) == Set([web, db].compactMap(\.stringValue)))
            let running = try #require(machines.first { $0["machine"] == web })
            #expect(running["state"] == "running" && running["vcpus"] == 1 && running["netSentBytes"] == 8192)
            #expect(running["usedMemoryKiB"]?.isNull == true)
            #expect(machines.first { $0["machine"] == db }?["cpuNanoseconds"]?.isNull == true)
            #expect(await fixture.failure("node.sample", ["node": "n3"], as: fixture.root)?.code == .notFound)
        }
    }

    @Test func `what was appended is what the range gives`() async throws {
        try await APIFixture.run { fixture in
            let web = try await fixture.address("web")
            let report: [String: JSONValue] = [
                "node": "n1", "at": "2027-01-15T12:00:00.700Z",
                "host": [
                    "cpuPercent": .double(12.345), "memoryPercent": 50, "load": [.double(1.5), 2, 3], "surprise": "no",
                ],
                "machines": [
                    ["machine": web, "cpuPercent": 101, "memoryKiB": 1000, "diskRead": .double(10.6), "netSent": nil],
                    ["machine": .string(UUID().uuidString), "cpuPercent": 5], ["machine": "nonsense"],
                ],
            ]
            #expect(try await fixture.call("sample.append", report, as: fixture.root) == ["kept": true])
            #expect(try await fixture.call("sample.append", report, as: fixture.root) == ["kept": false])
            let machine = try await fixture.call("sample.range", ["machine": web], as: fixture.root)
            #expect(machine["resolution"] == "10s" && machine["stepSeconds"] == 10)
            #expect(
                machine["points"] == [
                    [
                        "at": "2027-01-15T12:00:00.000Z", "cpuPercent": .double(100), "memoryKiB": 1000, "diskRead": 11,
                        "diskWrite": nil, "netReceived": nil, "netSent": nil,
                    ]
                ])
            let node = try await fixture.call("sample.range", ["node": "n1", "resolution": "10s"], as: fixture.root)
            #expect(
                node["points"] == [
                    [
                        "at": "2027-01-15T12:00:00.000Z", "cpuPercent": .double(12.35), "memoryPercent": .double(50),
                        "load": .double(1.5),
                        "diskRead": 11, "diskWrite": nil, "netReceived": nil, "netSent": nil,
                    ]
                ])
            #expect(try await fixture.audit().allSatisfy { $0.action != "sample.append" }, "it would bury all else")
        }
    }

    @Test func `a report that is none is refused and leaves nothing`() async throws {
        try await APIFixture.run { fixture in
            let at: JSONValue = "2027-01-15T12:00:00Z"
            let wrong: [[String: JSONValue]] = [
                ["node": "n1", "at": "yesterday", "host": [:], "machines": []],
                ["node": "n1", "at": "2027-01-15T13:00:00Z", "host": [:], "machines": []],
                ["node": "n1", "at": at, "host": [], "machines": []],
                ["node": "n1", "at": at, "host": ["cpuPercent": "much"], "machines": []],
                ["node": "n1", "at": at, "host": [:], "machines": ["web"]],
                ["node": "n1", "at": at, "host": [:], "machines": [["cpuPercent": 5]]],
                ["node": "n1", "at": at, "host": [:], "machines": [["machine": "x", "diskRead": true], 5]],
                ["node": "n1", "at": at, "host": [:], "machines": [:]],
            ]
            for report in wrong {
                #expect(
                    await fixture.failure("sample.append", report, as: fixture.root)?.code == .invalidParameters,
                    "\(report)")
            }
            let empty = try await fixture.call("sample.range", ["node": "n1"], as: fixture.root)
            #expect(empty["points"] == [])
        }
    }

    @Test func `a history is for those who may see what it is of`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let web = try await fixture.address("web")
            _ = try await fixture.call("sample.range", ["machine": web], as: viewer)
            _ = try await fixture.call("sample.range", ["node": "n1"], as: viewer)
            #expect(await fixture.failure("sample.range", ["node": "n2"], as: viewer)?.code == .notFound)
            #expect(await fixture.failure("sample.range", ["node": "n1"], as: fixture.plain)?.code == .notFound)
            for parameters in [["machine": web, "node": "n1"], [:]] {
                let error = await fixture.failure("sample.range", parameters, as: fixture.root)
                #expect(error?.code == .invalidParameters)
            }
            let backwards: [String: JSONValue] = [
                "node": "n1", "from": "2027-01-15T12:00:00Z", "to": "2027-01-15T11:00:00Z",
            ]
            #expect(await fixture.failure("sample.range", backwards, as: viewer)?.code == .invalidParameters)
        }
    }

    @Test func `a machine's statistics name each disk and interface`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let web = try await fixture.address("web")
            let first = try await fixture.call("machine.stats", ["machine": web], as: viewer)
            #expect(first["machine"] == web && first["cpuPercent"]?.isNull == true && first["maxMemoryKiB"] == 524_288)
            #expect(first["disks"]?.arrayValue?.first?["target"] == "vda")
            #expect(first["interfaces"]?.arrayValue?.first?["receivedBytes"] == 4096)
            fixture.test.clock.advance(.seconds(5))
            #expect(try await fixture.call("machine.stats", ["machine": web], as: viewer)["cpuPercent"] == .double(0))
        }
    }

    @Test func `that samples were added is told to those who may see the node`() async throws {
        try await APIFixture.run { fixture in
            let viewer = try await fixture.user("viewer", .readOnlyAdmin, on: "web")
            let node = try #require(await fixture.test.core.inventory.node(named: "n1")).record.id
            for principal in [viewer, fixture.root, TestCore.local] {
                let event = await fixture.api.render(.sampleAdded(node), for: principal)
                #expect(event == RenderedEvent(topic: "sample.added", data: ["node": "n1"]))
            }
            #expect(await fixture.api.render(.sampleAdded(node), for: fixture.plain) == nil)
        }
    }
}

@Suite struct SampleFuzzTests {
    @Test func `figures of any shape are taken or refused, and nothing else happens`() async throws {
        try await APIFixture.run { fixture in
            var random = SeededGenerator(seed: 7)
            let web = try await fixture.address("web")
            for _ in 0..<400 {
                let report: [String: JSONValue] = [
                    "node": "n1", "at": .string(fixture.moment(&random)), "host": Self.object(&random, machine: nil),
                    "machines": .array(
                        (0..<Int.random(in: 0...3, using: &random)).map { _ in Self.object(&random, machine: web) }),
                ]
                let error = await fixture.failure("sample.append", report, as: fixture.root)
                #expect(error == nil || error?.code == .invalidParameters || error?.code == .conflict, "\(report)")
            }
        }
    }

    private static func object(_ random: inout some RandomNumberGenerator, machine: JSONValue?) -> JSONValue {
        let values: [JSONValue] = [
            nil, 0, -1, 100, .double(1e308), .double(.infinity), .double(.nan), .int(.max), .int(.min), "5", true, [],
            [:],
            [1, 2, 3], ["much"],
        ]
        let names = ["cpuPercent", "memoryPercent", "memoryKiB", "load", "diskRead", "netSent", "diskPercent", "x"]
        var members: [String: JSONValue] = [:]
        for name in names where Bool.random(using: &random) {
            // Mostly what fits, so that what follows is reached too.
            members[name] = Bool.random(using: &random) ? 7 : values.randomElement(using: &random)
        }
        members["machine"] = machine
        return .object(members)
    }
}

extension APIFixture {
    fileprivate func moment(_ random: inout some RandomNumberGenerator) -> String {
        test.clock.advance(.seconds(Int.random(in: 0...20, using: &random)))
        let forms = ["", "0", "2027-01-15", "2027-01-15T12:00:00", "9999999999-01-01T00:00:00Z"]
        guard Int.random(in: 0...9, using: &random) > 0 else { return forms.randomElement(using: &random) ?? "" }
        return test.clock.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
