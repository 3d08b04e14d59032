// SPDX-License-Identifier: Apache-2.0

import Model
package import PluginKit

/// Takes a sample of every node at each turn; a node that is still at its last one misses the turn, and no
/// other waits for it.
package actor Poller {
    private var before: [String: CounterSample] = [:]
    /// Nodes of which a sample is being taken, with the turns that they have missed meanwhile.
    private var busy: [String: Int] = [:]
    private var complaints: [String: String] = [:]
    private let turns: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    /// Turns after which a node that does not answer is mentioned in the log.
    private static let patience = 6

    /// Makes a poller that has seen no node.
    package init() { (turns, queue) = AsyncStream.makeStream() }

    /// Takes the samples that turns ask for, until it is cancelled.
    package func run(_ host: Host) async {
        await withDiscardingTaskGroup { group in
            for await node in turns {
                group.addTask(name: "sample of \(node)") { await self.sample(node, host) }
            }
        }
    }

    /// Asks for a sample of every node that is online, and returns without waiting for any.
    ///
    /// - Throws: what `node.list` throws.
    package func turn(_ host: Host) async throws {
        let listed = try await host.call("node.list")["nodes"]?.arrayValue ?? []
        let online = listed.filter { $0["state"] == "online" && $0["kind"] == "libvirt" }
            .compactMap { $0["name"]?.stringValue }
        before = before.filter { online.contains($0.key) }
        complaints = complaints.filter { online.contains($0.key) }
        for node in online {
            guard let missed = busy[node] else {
                busy[node] = 0
                queue.yield(node)
                continue
            }
            busy[node] = missed + 1
            if missed + 1 == Self.patience {
                host.log("node \(node) has not answered for \(Self.patience) turns; its history has a gap")
            }
        }
    }

    private func sample(_ node: String, _ host: Host) async {
        defer { busy[node] = nil }
        do {
            let sample = try CounterSample(try await host.call("node.sample", ["node": .string(node)]))
            let report = NodeReport(node: node, before: before[node], now: sample)
            before[node] = sample
            _ = try await host.call("sample.append", report.parameters)
            if complaints.removeValue(forKey: node) != nil { host.log("node \(node) is sampled again") }
        } catch {
            let complaint = (error as? GatehouseError)?.message ?? "It was given up."
            // The same again and again would bury everything else in the log.
            guard complaints.updateValue(complaint, forKey: node) != complaint else { return }
            host.log("node \(node) could not be sampled: \(complaint)")
        }
    }
}
