// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Model

/// Reads what a node says of itself.
enum CapabilitiesReading {
    /// The details of a node.
    ///
    /// - Throws: `hypervisorFailed` where the capabilities are not as they should be.
    static func details(_ node: virNodeInfo, capabilities: [UInt8]) throws -> NodeDetails {
        NodeDetails(
            architecture: text(of: node), megahertz: Int(node.mhz), numaNodes: Int(node.nodes),
            sockets: Int(node.sockets), cores: Int(node.cores), threads: Int(node.threads),
            guests: try guests(capabilities))
    }

    /// The kinds of guest in a node's capabilities, each once and in order.
    static func guests(_ capabilities: [UInt8]) throws -> [NodeDetails.Guest] {
        let root: XMLElement
        do {
            root = try XMLElement.parse(capabilities)
        } catch {
            throw GatehouseError(
                .hypervisorFailed, "The node described itself in a way that can not be read.",
                cause: "\(error.reason) at byte \(error.offset)")
        }
        var seen: Set<NodeDetails.Guest> = []
        return root.all("guest").compactMap { guest in
            guard let type = guest.first("os_type")?.trimmedText, let architecture = guest.first("arch")?["name"]
            else { return nil }
            let kind = NodeDetails.Guest(osType: type, architecture: architecture)
            return seen.insert(kind).inserted ? kind : nil
        }
    }

    /// libvirt gives the architecture where the processor's model was once to be.
    private static func text(of node: virNodeInfo) -> String {
        var node = node
        return unsafe withUnsafeBytes(of: &node.model) { raw in
            unsafe String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
