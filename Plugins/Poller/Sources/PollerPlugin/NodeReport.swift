// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// What a node and its machines did between two samples, worked out from their counters.
///
/// What can not be worked out is left out, never guessed: the first sample of anything has no rates, nor has
/// one after a longer pause. No rate is ever negative.
struct NodeReport {
    /// Counters that lie further apart say nothing about now, in seconds.
    static let longestGap = 300.0

    let node: String
    let before: CounterSample?
    let now: CounterSample

    init(node: String, before: CounterSample?, now: CounterSample) {
        self.node = node
        self.before = before.flatMap {
            let gap = now.at.timeIntervalSince($0.at)
            return gap > 0 && gap <= Self.longestGap ? $0 : nil
        }
        self.now = now
    }

    /// The parameters of `sample.append`.
    var parameters: [String: JSONValue] {
        [
            "node": .string(node), "at": .string(now.moment), "host": .object(host),
            "machines": .array(
                now.machines.sorted { $0.key < $1.key }.map { id, count in .object(machine(id, count)) }),
        ]
    }

    private var seconds: Double { before.map { now.at.timeIntervalSince($0.at) } ?? 0 }

    private var host: [String: JSONValue] {
        var figures: [String: JSONValue] = [:]
        if let busy = now.host.busy, let idle = now.host.idle, let before, let busyBefore = before.host.busy,
            let idleBefore = before.host.idle, busy >= busyBefore, idle >= idleBefore
        {
            let worked = Double(busy - busyBefore)
            let all = worked + Double(idle - idleBefore)
            if all > 0 { figures["cpuPercent"] = .percent(100 * worked / all) }
        }
        if let memory = now.host.memoryKiB, memory > 0, let free = now.host.freeMemoryKiB {
            figures["memoryPercent"] = .percent(100 * Double(memory - free) / Double(memory))
        }
        // The fullest storage is the one that is worth a warning.
        figures["diskPercent"] = now.host.storage
            .map { 100 * (Double($0.capacity) - Double($0.available)) / Double($0.capacity) }.max()
            .map(JSONValue.percent)
        figures["load"] = now.host.load.map(JSONValue.double)
        return figures
    }

    private func machine(_ id: String, _ count: CounterSample.MachineCount) -> [String: JSONValue] {
        var figures: [String: JSONValue] = ["machine": .string(id)]
        figures["memoryKiB"] = (count.usedMemoryKiB ?? count.memoryKiB).map(JSONValue.int)
        if let memory = count.memoryKiB, memory > 0, let used = count.usedMemoryKiB {
            figures["memoryPercent"] = .percent(100 * Double(used) / Double(memory))
        }
        guard let earlier = before?.machines[id] else { return figures }
        // The processors' time only grows while a machine runs: less of it means that it was started anew.
        let isRestarted = if let busy = count.busy, let past = earlier.busy { busy < past } else { false }
        if let busy = count.busy, let past = earlier.busy, let vcpus = count.vcpus, vcpus > 0 {
            let worked = Double(isRestarted ? busy : busy - past) / 1e9
            figures["cpuPercent"] = .percent(100 * worked / (seconds * Double(vcpus)))
        }
        let rate = { (now: Int64?, past: Int64?) -> JSONValue? in
            guard let now, let past else { return nil }
            if isRestarted { return .rate(Double(now) / seconds) }
            // Less without a restart: a disk or an interface was taken away, and with it what it had counted.
            return now >= past ? .rate(Double(now - past) / seconds) : nil
        }
        figures["diskRead"] = rate(count.diskRead, earlier.diskRead)
        figures["diskWrite"] = rate(count.diskWrite, earlier.diskWrite)
        figures["netReceived"] = rate(count.netReceived, earlier.netReceived)
        figures["netSent"] = rate(count.netSent, earlier.netSent)
        return figures
    }
}

extension JSONValue {
    /// A share of 100, in hundredths; what measuring at slightly different moments adds is cut off.
    fileprivate static func percent(_ value: Double) -> JSONValue {
        .double((min(max(value, 0), 100) * 100).rounded() / 100)
    }

    /// Bytes a second, whole.
    fileprivate static func rate(_ value: Double) -> JSONValue {
        .int(Int64(exactly: max(value, 0).rounded()) ?? .max)
    }
}
