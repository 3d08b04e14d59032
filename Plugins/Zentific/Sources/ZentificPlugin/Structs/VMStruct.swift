// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import XMLRPC

/// VM: a machine, with what it has and what it uses.
struct VMStruct {
    /// The machine as `machine.show` describes it.
    let machine: JSONValue
    /// The answer of `machine.stats`; `null` where there is none.
    let stats: JSONValue
    /// The machine's node; `null` where the caller may not see it.
    let node: JSONValue
    /// The moment against which a running machine's time is counted.
    var now = Date()

    /// The struct.
    ///
    /// What Gatehouse does not know is empty text, 0, or -1 for numbers of which 0 is one.
    var value: XMLRPCValue {
        let disks = disks
        let vifs = vifs
        let traffic = stats["interfaces"]?.arrayValue ?? []
        let sum = { (name: String) in traffic.reduce(0) { $0 + ($1[name]?.doubleValue ?? 0) } }
        return .members([
            "name": text("name"), "uuid": text("uuid"),
            "puuid": .string(node["id"]?.intValue.map(NodeUUID.text) ?? ""), "type": .string(type),
            "os": .string(detail("os")), "id": .int(platformID), "kernel": .string(detail("kernel")),
            "ramdisk": .string(detail("initrd")), "cmdline": .string(detail("commandLine")),
            "on_reboot": .string(detail("onReboot")), "on_poweroff": .string(detail("onPowerOff")),
            "on_crash": .string(detail("onCrash")),
            "mem": int("memoryKiB"), "maxmem": int("maxMemoryKiB"), "vcpus": int("vcpus"),
            "cpupct": .double(cpuPercent),
            "cputime": .double(cpuSeconds), "uptime": .int(uptime),
            "state": .string(VMState.letter(machine["state"]?.stringValue ?? "")), "vncport": .int(vncPort),
            "vncpasswd": "",
            "disks": .array(disks), "vifs": .array(vifs), "numvbds": .int(Int64(disks.count)),
            "numnets": .int(Int64(vifs.count)), "rxbw": .double(sum("receivedBytes")),
            "txbw": .double(sum("sentBytes")),
        ])
    }

    /// The processor's share now, in percent of one.
    var cpuPercent: Double { stats["cpuPercent"]?.doubleValue ?? 0 }

    /// The processor's time so far, in seconds.
    var cpuSeconds: Double { (stats["cpuNanoseconds"]?.doubleValue ?? 0) / 1_000_000_000 }

    /// One of the details, or nothing.
    func detail(_ name: String) -> String { machine["details"]?[name]?.stringValue ?? "" }

    /// The hypervisor's number for it while it runs, or -1.
    var platformID: Int64 { machine["details"]?["hypervisorID"]?.intValue ?? -1 }

    /// The port of its node where its screen is served, or -1.
    var vncPort: Int64 { machine["details"]?["vncPort"]?.intValue ?? -1 }

    private func text(_ name: String) -> XMLRPCValue { .string(machine[name]?.stringValue ?? "") }

    private func int(_ name: String) -> XMLRPCValue { .int(machine[name]?.intValue ?? 0) }

    /// The word for how it is virtualized.
    var type: String {
        switch machine["osType"]?.stringValue {
        case "hvm": "full"
        case "xen", "linux": "para"
        case "xenpvh": "hybrid"
        default: "other"
        }
    }

    /// Seconds that a running machine has been seen running; 0 where that is not known.
    var uptime: Int64 {
        guard VMState.isActive(machine["state"]?.stringValue ?? ""), let text = machine["since"]?.stringValue,
            let since = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        else { return 0 }
        return max(0, Int64(now.timeIntervalSince(since)))
    }

    private func figures(_ list: String, target: JSONValue?) -> JSONValue {
        guard let target, !target.isNull else { return .null }
        return stats[list]?.arrayValue?.first { $0["target"] == target } ?? .null
    }

    /// DISK: each disk with its figures.
    var disks: [XMLRPCValue] {
        (machine["disks"]?.arrayValue ?? []).map { disk in
            let target = disk["target"]?.stringValue ?? ""
            let figures = figures("disks", target: disk["target"])
            let capacity = figures["capacityBytes"]?.doubleValue ?? 0
            let free = max(0, capacity - (figures["allocatedBytes"]?.doubleValue ?? capacity))
            return .members([
                "label": .string(target), "int_dev": .string(target),
                "ext_dev": .string(disk["source"]?.stringValue ?? ""), "mode": disk["readOnly"] == true ? "r" : "w",
                "type": .string(disk["device"]?.stringValue ?? ""), "partition_type": "", "mapped_dev": "",
                "ooreq": 0.0, "rdreq": .double(figures["readRequests"]?.doubleValue ?? 0),
                "wrreq": .double(figures["writeRequests"]?.doubleValue ?? 0),
                "num_sectors": .double((capacity / 512).rounded(.down)),
                "start_sector": 0.0, "free": .double(free), "capacity": .double(capacity), "size_sector": 512,
                "block_size": 0,
            ])
        }
    }

    /// VIF: each interface with its figures.
    var vifs: [XMLRPCValue] {
        (machine["interfaces"]?.arrayValue ?? []).enumerated().map { place, interface in
            let figures = figures("interfaces", target: interface["target"])
            let figure = { (name: String) in XMLRPCValue.double(figures[name]?.doubleValue ?? 0) }
            let isParavirtual = interface["model"]?.stringValue?.hasPrefix("virtio") ?? false
            return .members([
                "id": .int(Int64(place)), "label": .string("vif\(place)"),
                "name": .string(interface["target"]?.stringValue ?? ""), "uuid": "",
                "mac": .string(interface["mac"]?.stringValue ?? ""),
                "bridge": .string(interface["source"]?.stringValue ?? ""), "script": "",
                "type": isParavirtual ? "pv" : "ioemu", "loopback": false, "connected": true, "promisc": false,
                "ip": "", "netmask": "", "gateway": "", "broadcast": "", "mtu": 0, "txpackets": figure("sentPackets"),
                "txbytes": figure("sentBytes"), "txdrop": figure("sendDrops"), "txerr": figure("sendErrors"),
                "rxpackets": figure("receivedPackets"), "rxbytes": figure("receivedBytes"),
                "rxdrop": figure("receiveDrops"), "rxerr": figure("receiveErrors"), "collisions": 0.0,
            ])
        }
    }
}
