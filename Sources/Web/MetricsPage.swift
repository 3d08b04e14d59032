// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import Synchronization

/// `GET /metrics`: counters in the Prometheus text format, version 0.0.4.
struct MetricsPage: Sendable {
    let api: CoreAPI
    let settings: WebSettings

    /// Whether a caller may read it.
    func allows(_ principal: Principal) -> Bool {
        switch settings.metrics {
        case .anyone: true
        case .authenticated: api.core.access.isSuperUser(principal)
        case .loopback: AddressRange.loopback.contains { $0.contains(principal.address) }
        case .ranges(let ranges): ranges.contains { $0.contains(principal.address) }
        }
    }

    /// The page.
    func text() async -> String {
        var page = ""
        let consoles = await api.core.consoles.counters()
        var states = ["connecting": 0, "online": 0, "unreachable": 0, "disabled": 0]
        var machines: [(String, Int)] = []
        for node in await api.core.inventory.allNodes() {
            states[node.state.word, default: 0] += 1
            machines.append((node.record.name, node.machineCount))
        }
        Self.add(
            &page, "gatehouse_calls_total", "counter", "Core API calls by method and outcome.",
            api.callCounts.sorted { ($0.key.method, $0.key.outcome) < ($1.key.method, $1.key.outcome) }
                .map { ([("method", $0.key.method), ("outcome", $0.key.outcome)], $0.value) })
        Self.add(&page, "gatehouse_sessions", "gauge", "Sessions.", [([], Int64(await api.core.sessions.count))])
        Self.add(&page, "gatehouse_consoles", "gauge", "Open consoles.", [([], Int64(consoles.open))])
        Self.add(&page, "gatehouse_consoles_opened_total", "counter", "Consoles ever opened.", [([], consoles.opened)])
        Self.add(
            &page, "gatehouse_console_bytes_total", "counter", "Bytes of consoles, from and to pages.",
            [([("direction", "in")], consoles.bytesIn), ([("direction", "out")], consoles.bytesOut)])
        Self.add(
            &page, "gatehouse_event_listeners", "gauge", "Open event streams.",
            [([], Int64(api.core.bus.listenerCount))])
        Self.add(
            &page, "gatehouse_nodes", "gauge", "Nodes by state.",
            states.sorted { $0.key < $1.key }.map { ([("state", $0.key)], Int64($0.value)) })
        Self.add(
            &page, "gatehouse_machines", "gauge", "Machines by node.",
            machines.map { ([("node", $0.0)], Int64($0.1)) })
        Self.add(
            &page, "process_start_time_seconds", "gauge", "When the host started, in seconds since 1970.",
            [([], Int64(api.core.startedAt.timeIntervalSince1970))])
        return page
    }

    private static func add(
        _ page: inout String, _ name: String, _ type: String, _ help: String,
        _ samples: [(labels: [(String, String)], value: Int64)]
    ) {
        page += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
            page += labels.isEmpty ? "\(name) \(sample.value)\n" : "\(name){\(labels)} \(sample.value)\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
