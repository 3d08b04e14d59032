// SPDX-License-Identifier: Apache-2.0

import Model
import PluginHost

/// Whether plugins run, and in the sandbox.
struct PluginCheckup: Sendable {
    private let answer: JSONValue?

    init(_ daemon: RunningDaemon) { answer = daemon.plugins }

    func lines() async -> [DoctorLine] {
        var lines = [await sandboxLine()]
        guard let answer else {
            return lines + [.skipped("plugins", "How they are can be told only while the daemon runs.")]
        }
        let plugins = (answer["plugins"]?.arrayValue ?? []).filter { $0["enabled"]?.boolValue == true }
        let faults = plugins.compactMap(Self.fault)
        lines += faults
        if faults.isEmpty {
            lines.append(.ok("plugins", plugins.isEmpty ? "None is on." : "\(plugins.count) on, and healthy."))
        }
        return lines
    }

    private static func fault(_ plugin: JSONValue) -> DoctorLine? {
        let name = Cell.text(plugin["name"])
        let reason = plugin["error"]?.stringValue ?? "no reason is known"
        let mend = "Look at its log: gatehouse plugin log \(name)"
        switch plugin["state"]?.stringValue {
        case "failed": return .wrong("plugin \(name)", "It has failed: \(reason)", mend: mend)
        case "degraded": return .warning("plugin \(name)", "It has trouble: \(reason)", mend: mend)
        default: return nil
        }
    }

    private func sandboxLine() async -> DoctorLine {
        let mend = "apt install bubblewrap, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)."
        if let known = answer?["sandbox"] {
            guard known["available"]?.boolValue == true else {
                return .wrong("sandbox", Cell.text(known["reason"]), mend: mend)
            }
            return .ok("sandbox", "Plugins run in it.")
        }
        switch await Sandbox.probe() {
        case .available:
            return .ok("sandbox", "bubblewrap works for this user; the daemon's own limits were not tried.")
        case .unavailable(let reason): return .wrong("sandbox", reason, mend: mend)
        }
    }
}
