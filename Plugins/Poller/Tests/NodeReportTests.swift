// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestRandom
import Testing

@testable import PollerPlugin

@Suite struct NodeReportTests {
    private typealias Machine = CounterSample.MachineCount
    private typealias HostCount = CounterSample.HostCount

    private func sample(
        at seconds: Double, host: CounterSample.HostCount = CounterSample.HostCount(),
        _ machines: [String: CounterSample.MachineCount] = [:]
    ) -> CounterSample {
        CounterSample(moment: "m\(seconds)", at: Date(timeIntervalSince1970: seconds), host: host, machines: machines)
    }

    private func report(_ before: CounterSample?, _ now: CounterSample) -> [String: JSONValue] {
        NodeReport(node: "kvm1", before: before, now: now).parameters
    }

    private func machine(_ before: Machine, _ now: Machine, seconds: Double = 10) -> [String: JSONValue] {
        let report = report(sample(at: 0, ["a": before]), sample(at: seconds, ["a": now]))
        return report["machines"]?.arrayValue?.first?.objectValue ?? [:]
    }

    @Test func `rates are differences of counters over the time between`() {
        let before = Machine(
            busy: 1_000_000_000, vcpus: 2, memoryKiB: 1000, usedMemoryKiB: 100, diskRead: 1000, diskWrite: 0,
            netReceived: 5, netSent: 100)
        let now = Machine(
            busy: 6_000_000_000, vcpus: 2, memoryKiB: 1000, usedMemoryKiB: 250, diskRead: 11_000, diskWrite: 0,
            netReceived: 20, netSent: 1_000_100)
        #expect(
            machine(before, now) == [
                "machine": "a", "cpuPercent": .double(25), "memoryKiB": 250, "memoryPercent": .double(25),
                "diskRead": 1000, "diskWrite": 0, "netReceived": 2, "netSent": 100_000,
            ])
    }

    @Test func `the host's share is what its processors worked of all their time`() {
        let before = HostCount(busy: 1000, idle: 9000)
        let now = HostCount(busy: 2000, idle: 11_000, memoryKiB: 8000, freeMemoryKiB: 2000, load: 1.25)
        let report = report(sample(at: 0, host: before), sample(at: 10, host: now))
        #expect(
            report["host"] == ["cpuPercent": .double(33.33), "memoryPercent": .double(75), "load": .double(1.25)])
        #expect(report["node"] == "kvm1" && report["at"] == "m10.0")
    }

    @Test func `the host's disk is as full as its fullest storage`() throws {
        let sample = try CounterSample([
            "at": "2026-11-21T10:00:00.000Z",
            "host": [
                "storage": [
                    ["name": "a", "capacityBytes": 1000, "availableBytes": 900],
                    ["name": "b", "capacityBytes": 800, "availableBytes": 200],
                    ["name": "empty", "capacityBytes": 0, "availableBytes": 0],
                ]
            ], "machines": [],
        ])
        #expect(report(nil, sample)["host"] == ["diskPercent": .double(75)])
        let none = try CounterSample(["at": "2026-11-21T10:00:00.000Z", "host": ["storage": nil]])
        #expect(report(nil, none)["host"] == [:])
        #expect(throws: GatehouseError.self) { try CounterSample(["host": [:]]) }
    }

    @Test func `the first sample has no rates, but what needs none`() {
        let now = sample(
            at: 10, host: HostCount(busy: 1, idle: 1, memoryKiB: 4, freeMemoryKiB: 1),
            ["a": Machine(busy: 5, vcpus: 1, memoryKiB: 1000, diskRead: 7)])
        let report = report(nil, now)
        #expect(report["host"] == ["memoryPercent": .double(75)])
        #expect(report["machines"] == [["machine": "a", "memoryKiB": 1000]])
    }

    @Test func `a machine that is new beside others has no rates yet`() {
        let before = sample(at: 0, ["a": Machine(diskRead: 0)])
        let now = sample(at: 10, ["a": Machine(diskRead: 10), "b": Machine(diskRead: 10)])
        #expect(report(before, now)["machines"] == [["machine": "a", "diskRead": 1], ["machine": "b"]])
    }

    @Test func `a machine that was started anew is counted from nothing`() {
        let before = Machine(busy: 50_000_000_000, vcpus: 1, diskRead: 9000, netSent: 10)
        let now = Machine(busy: 2_000_000_000, vcpus: 1, diskRead: 500, netSent: 40)
        #expect(
            machine(before, now) == ["machine": "a", "cpuPercent": .double(20), "diskRead": 50, "netSent": 4])
    }

    @Test func `a disk that was taken away is no traffic, and nothing is ever negative`() {
        let before = Machine(busy: 0, vcpus: 1, diskRead: 9000, diskWrite: 100)
        let now = Machine(busy: 1_000_000_000, vcpus: 1, diskRead: 500, diskWrite: 200)
        #expect(machine(before, now) == ["machine": "a", "cpuPercent": .double(10), "diskWrite": 10])
        let host = report(
            sample(at: 0, host: HostCount(busy: 9, idle: 9)), sample(at: 10, host: HostCount(busy: 1, idle: 2)))
        #expect(host["host"] == [:])
    }

    @Test func `shares stay within 100`() {
        let now = Machine(busy: 10_010_000_000, vcpus: 1)
        #expect(machine(Machine(busy: 0, vcpus: 1), now)["cpuPercent"] == .double(100))
    }

    @Test(arguments: [0, -5, 301])
    func `counters from the same moment, the future or long ago give no rates`(seconds: Double) {
        let before = Machine(busy: 0, vcpus: 1, diskRead: 0)
        #expect(machine(before, Machine(busy: 9, vcpus: 1, diskRead: 9), seconds: seconds) == ["machine": "a"])
    }

    @Test func `what a node does not tell is left out`() {
        #expect(machine(Machine(), Machine()) == ["machine": "a"])
        #expect(machine(Machine(vcpus: 1, diskRead: 4), Machine(busy: 3, vcpus: 1, diskRead: nil)) == ["machine": "a"])
        #expect(report(nil, sample(at: 0))["host"] == [:])
    }

    @Test func `random counters never give a negative rate, nor a share above 100`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2000 {
            let count = { () -> Int64? in
                Int.random(in: 0...9, using: &generator) == 0 ? nil : .random(in: 0...1 << 60, using: &generator)
            }
            let random = { () -> Machine in
                Machine(
                    busy: count(), vcpus: count(), memoryKiB: count(), usedMemoryKiB: count(), diskRead: count(),
                    diskWrite: count(), netReceived: count(), netSent: count())
            }
            for (name, value) in machine(random(), random()) where name != "machine" {
                let number = value.doubleValue ?? -1
                #expect(number >= 0 && (!name.hasSuffix("Percent") || number <= 100), "\(name)")
            }
        }
    }
}
