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
        return .members([
            "enabled": .boolean(node["state"] != "disabled"),
            "uuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "kernel": "",
            "address": .string(address(node)), "os": "", "architecture": "", "hostname": .string(hostname),
            "domainname": .string(
                hostname.split(separator: ".", maxSplits: 1).dropFirst().first.map(String.init) ?? ""),
            "platformver": .string(version), "platformbuild": "", "platformvendor": "",
            "platformfull": .string(hypervisor.isEmpty ? "" : "\(hypervisor) \(version)"),
            "platform": .string(hypervisor), "default_vnc_pass": "", "num_cpus": .int(node["cpus"]?.intValue ?? 0),
            "cores_per_socket": 0, "threads_per_core": 0, "num_cpu_nodes": 0, "sockets_per_node": 0, "cpu_mhz": 0.0,
            "total_phys_mem": .double(memory), "hvm": false, "capabilities": "", "controlmodule": "",
            "hwuuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "total_memory": .double(memory),
        ])
    }

    /// Where a node is: its host name, or its name where it is not known.
    static func address(_ node: JSONValue) -> String {
        node["hostname"]?.stringValue ?? node["name"]?.stringValue ?? ""
    }
}
