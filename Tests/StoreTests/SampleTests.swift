// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

/// A moment at which a quarter of an hour begins.
private let quarter = Date(timeIntervalSince1970: 1_800_000_000)

@Suite struct SampleTests {
    @Test func `a report comes back as it was appended`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            try await store.appendSample(node, machine, at: quarter, value: 12.34)
            let points = try await store.points(.machine(machine), .tenSeconds)
            #expect(
                points == [
                    SamplePoint(
                        at: quarter, cpuPercent: 12.34, memory: 1012,
                        traffic: Traffic(diskRead: 12, diskWrite: 25, netReceived: 37, netSent: nil))
                ])
            let host = try await store.points(.node(node), .tenSeconds)
            #expect(
                host == [
                    SamplePoint(
                        at: quarter, cpuPercent: 12.34, memory: 50, load: 0.25, traffic: Traffic(diskRead: 12))
                ])
            #expect(try await store.lastSamples() == [node: quarter])
        }
    }

    @Test func `minutes and quarters are averages, made once they are over`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            for number in 0...96 {
                try await store.appendSample(
                    node, machine, at: quarter + Double(number * 10), value: Double(number % 6))
            }
            // 96 samples later a quarter and a minute have passed.
            let minutes = try await store.points(.machine(machine), .minute)
            #expect(minutes.count == 16 && minutes.allSatisfy { $0.cpuPercent == 2.5 && $0.traffic.diskWrite == 5 })
            let begins = (0..<16).map { quarter + Double($0 * 60) }
            #expect(minutes.map(\.at) == begins)
            let quarters = try await store.points(.machine(machine), .quarter)
            #expect(quarters.map(\.at) == [quarter] && quarters[0].cpuPercent == 2.5)
            #expect(try await store.points(.node(node), .quarter).map(\.load) == [0.25])
        }
    }

    @Test func `what is not known does not count in an average`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            let values: [Double?] = [nil, 10, nil, 20, nil, nil, nil]
            for (number, value) in values.enumerated() {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: value)
            }
            let minute = try #require(try await store.points(.machine(machine), .minute).first)
            #expect(minute.cpuPercent == 15 && minute.traffic.netSent == nil)
        }
    }

    @Test func `what is too old goes, a few moments at a time`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            for number in 0..<20 {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: 1)
            }
            var counts: [Int] = []
            for number in 0..<6 {
                try await store.appendSample(node, machine, at: quarter + Double(7300 + number * 10), value: 1)
                counts.append(try await store.points(.machine(machine), .tenSeconds).count)
            }
            // Some go and one comes, until only those are left that are two hours old or less.
            #expect(counts == [13, 11, 11, 11, 11, 11])
            #expect(try await store.points(.machine(machine), .minute).count >= 3, "averages are kept for longer")
        }
    }

    @Test func `what is too old of a node that nobody samples any more goes, too`() async throws {
        try await withStore { store in
            let (old, new) = (try await store.node("old"), try await store.node("new"))
            let machine = try await store.machine("web", on: old)
            try await store.appendSample(old, machine, at: quarter, value: 1)
            for number in 0..<2 {
                try await store.appendSample(new, machine, at: quarter + Double(8000 + number * 10), value: 1)
            }
            #expect(try await store.points(.machine(machine), .tenSeconds).isEmpty)
            #expect(try await store.points(.node(old), .tenSeconds).isEmpty)
        }
    }

    @Test func `a range is read in steps of any length`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            for number in 0..<60 {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: Double(number))
            }
            let merged = try await store.points(.machine(machine), .tenSeconds, step: 50)
            let means: [Double?] = (0..<12).map { Double($0 * 5 + 2) }
            #expect(merged.map(\.cpuPercent) == means)
            let part = try await store.samples(
                SampleQuery(
                    subject: .node(node), resolution: .tenSeconds, from: quarter + 100, to: quarter + 130, step: 10))
            #expect(part.map(\.at) == [quarter + 100, quarter + 110, quarter + 120], "the end does not belong to it")
        }
    }

    @Test func `a report of an earlier moment takes the place of everything from then on`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            for number in 0..<200 {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: 7)
            }
            try await store.appendSample(node, machine, at: quarter + 125, value: 9)
            let points = try await store.points(.machine(machine), .tenSeconds)
            #expect(points.count == 14 && points.last?.at == quarter + 125 && points.last?.cpuPercent == 9)
            #expect(try await store.points(.machine(machine), .minute).map(\.at) == [quarter, quarter + 60])
            #expect(try await store.points(.machine(machine), .quarter).isEmpty)
            for number in 19..<40 {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: 7)
            }
            #expect(try await store.points(.machine(machine), .minute).map(\.at).last == quarter + 300)
        }
    }

    @Test func `a machine that is not kept is left out, and a node that is not is refused`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let stranger = MachineID(node: node, uuid: UUID())
            try await store.appendSample(node, stranger, at: quarter, value: 1)
            #expect(try await store.points(.machine(stranger), .tenSeconds).isEmpty)
            #expect(try await store.points(.node(node), .tenSeconds).count == 1)
            await expect(.notFound) {
                try await store.appendSample(NodeID(99), stranger, at: quarter, value: 1)
            }
        }
    }

    @Test func `a machine that is forgotten has no history any more, not even if it comes back`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node, seen: noon)
            try await store.appendSample(node, machine, at: quarter, value: 1)
            #expect(try await store.forgetMachines(notSeenSince: noon + 1) == 1)
            #expect(try await store.points(.machine(machine), .tenSeconds).isEmpty)
            try await store.upsertMachines([MachineRecord(id: machine, name: "web", lastSeenAt: noon)])
            try await store.appendSample(node, machine, at: quarter + 10, value: 2)
            #expect(try await store.points(.machine(machine), .tenSeconds).map(\.at) == [quarter + 10])
        }
    }

    @Test func `numbers that no column holds are held within bounds`() async throws {
        try await withStore { store in
            let node = try await store.node("n1")
            let machine = try await store.machine("web", on: node)
            for (number, value) in [Double.nan, .infinity, -5, 1e300].enumerated() {
                try await store.appendSample(node, machine, at: quarter + Double(number * 10), value: value)
            }
            let points = try await store.points(.machine(machine), .tenSeconds)
            #expect(points.map(\.cpuPercent) == [nil, nil, 0, 9_007_199_254_740_992 / 100])
        }
    }
}

extension SQLiteStore {
    /// Appends a report of one machine.
    fileprivate func appendSample(_ node: NodeID, _ machine: MachineID, at date: Date, value: Double?) async throws {
        var host = HostFigures()
        (host.cpuPercent, host.memoryPercent, host.load) = (value, 50, 0.25)
        host.traffic.diskRead = value
        var figures = MachineFigures(uuid: machine.uuid)
        (figures.cpuPercent, figures.memoryKiB) = (value, value.map { 1000 + $0 })
        figures.traffic = Traffic(
            diskRead: value, diskWrite: value.map { $0 * 2 }, netReceived: value.map { $0 * 3 })
        let report = NodeReport(node: node, at: date, host: host, machines: [figures])
        try await appendSample(report, keeping: SampleRetention())
    }

    /// Everything that is kept of a subject.
    fileprivate func points(
        _ subject: SampleSubject, _ resolution: SampleResolution, step: Int = 0
    ) async throws -> [SamplePoint] {
        try await samples(
            SampleQuery(
                subject: subject, resolution: resolution, from: .distantPast, to: .distantFuture, step: step))
    }
}
