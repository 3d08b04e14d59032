// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostSystem
import Model

/// Whether the nodes can be reached, or could.
struct LibvirtCheck: Sendable {
    /// Where libvirt's daemons of the system listen, and what comes with them.
    static let sockets = ["/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock"]

    private let configuration: DaemonConfiguration
    private let nodes: [JSONValue]?
    private let places: [String]

    /// - Parameter nodes: what the daemon tells of them; nil where it does not run.
    init(_ configuration: DaemonConfiguration, nodes: [JSONValue]?, sockets: [String] = Self.sockets) {
        self.configuration = configuration
        self.nodes = nodes
        places = sockets
    }

    func lines() -> [DoctorLine] {
        let declared = configuration.nodes.compactMap { node -> (name: String, uri: String)? in
            guard let name = node["name"]?.stringValue, let uri = node["uri"]?.stringValue else { return nil }
            return (name, uri)
        }
        var lines: [DoctorLine] = []
        let isLocal = declared.contains { Self.isLocalSystem($0.uri) }
        if isLocal { lines.append(socketLine()) }
        for node in declared { lines.append(nodeLine(node.name, node.uri)) }
        return lines.isEmpty ? [.skipped("libvirt", "No libvirt host is configured.")] : lines
    }

    /// Whether it is this host's own libvirt for the whole system.
    static func isLocalSystem(_ uri: String) -> Bool {
        uri.contains(":///system")
            && (uri.split(separator: ":").first.map { !$0.contains("+") || $0.hasSuffix("+unix") } ?? false)
    }

    private func nodeLine(_ name: String, _ uri: String) -> DoctorLine {
        let subject = "node \(name)"
        guard let nodes else {
            return .skipped(subject, "Whether it is reached can be told only while the daemon runs.")
        }
        guard let node = nodes.first(where: { $0["name"]?.stringValue == name }) else {
            return .warning(
                subject, "The daemon does not know it yet.", mend: "Restart it: systemctl restart gatehouse.")
        }
        switch node["state"]?.stringValue {
        case "online": return .ok(subject, "It is online with \(Cell.text(node["machines"])) machines.")
        case "disabled":
            return .warning(subject, "It is switched off.", mend: "Switch it on: gatehouse node enable \(name)")
        case "connecting":
            return .warning(subject, "It is being connected.", mend: "Look again in a minute: gatehouse node list.")
        default:
            let reason = node["reason"]?.stringValue ?? "no reason is known"
            return .wrong(
                subject, "It can not be reached: \(reason)",
                mend: Self.isLocalSystem(uri)
                    ? "Start libvirt (systemctl start libvirtd) and see that Gatehouse's user is in the group libvirt."
                    : "See that virsh -c '\(uri)' works for Gatehouse's user.")
        }
    }

    /// This host's own socket, and whether the daemon's user may use it.
    private func socketLine() -> DoctorLine {
        let found = places.lazy.compactMap { path in
            (try? OpenDescriptor.place(path).status()).map { (path, $0) }
        }.first
        guard let (path, status) = found else {
            return .wrong(
                "libvirt", "libvirt does not listen on this host.",
                mend: "apt install libvirt-daemon-system qemu-system-x86, then systemctl start libvirtd.")
        }
        guard let user = try? OpenDescriptor.place(configuration.dataDirectory).status().user else {
            return .ok("libvirt", "It listens on \(path).")
        }
        if user == 0 || status.mode & 0o006 == 0o006 || (status.user == user && status.mode & 0o600 == 0o600) {
            return .ok("libvirt", "Gatehouse's user may use \(path).")
        }
        let account = HostAccount.of(user)
        let group = HostAccount.group(status.group)
        guard status.mode & 0o060 == 0o060, account?.groups.contains(status.group) == true else {
            let name = account?.name ?? String(user)
            return .wrong(
                "libvirt", "\(name) may not use \(path), which is for the group \(group).",
                mend: status.group == 0
                    ? "Set unix_sock_group = \"libvirt\" in libvirt's configuration and restart it."
                    : "usermod -aG \(group) \(name) && systemctl restart gatehouse")
        }
        return .ok("libvirt", "Gatehouse's user may use \(path), by the group \(group).")
    }
}
