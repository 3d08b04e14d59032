// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// NODE: a host of machines.
enum NodeStruct {
    /// The struct for a node of the core; what Gatehouse does not know is empty text or 0.
    static func value(_ node: JSONValue) -> XMLRPCValue {
        let hypervisor = node["hypervisor"]?.stringValue ?? ""
        let version = node["version"]?.stringValue ?? ""
        let memory = (node["memoryKiB"]?.doubleValue ?? 0) * 1024
        let hostname = node["hostname"]?.stringValue ?? ""
        let details = node["details"] ?? .null
        let detail = { (name: String) in XMLRPCValue.int(details[name]?.intValue ?? 0) }
        return .members([
            "enabled": .boolean(node["state"] != "disabled"),
            "uuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "kernel": "",
            "address": .string(address(node)), "os": "",
            "architecture": .string(details["architecture"]?.stringValue ?? ""), "hostname": .string(hostname),
            "domainname": .string(
                hostname.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? ""),
            "platformver": .string(version), "platformbuild": "", "platformvendor": "",
            "platformfull": .string(hypervisor.isEmpty ? "" : "\(hypervisor) \(version)"),
            "platform": .string(hypervisor), "default_vnc_pass": "", "num_cpus": .int(node["cpus"]?.intValue ?? 0),
            "cores_per_socket": detail("cores"), "threads_per_core": detail("threads"),
            "num_cpu_nodes": detail("numaNodes"), "sockets_per_node": detail("sockets"),
            "cpu_mhz": .double(details["megahertz"]?.doubleValue ?? 0), "total_phys_mem": .double(memory),
            "hvm": .boolean(details["supportsHVM"] == true),
            "capabilities": .string(guests(details).joined(separator: " ")), "controlmodule": "",
            "hwuuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "total_memory": .double(memory),
        ])
    }

    /// The kinds of guest that a node runs, each as `osType-architecture`.
    private static func guests(_ details: JSONValue) -> [String] {
        (details["guests"]?.arrayValue ?? []).map { guest in
            "\(guest["osType"]?.stringValue ?? "")-\(guest["architecture"]?.stringValue ?? "")"
        }
    }

    /// Where a node is: its host name, or its name where it is not known.
    static func address(_ node: JSONValue) -> String {
        node["hostname"]?.stringValue ?? node["name"]?.stringValue ?? ""
    }
}
