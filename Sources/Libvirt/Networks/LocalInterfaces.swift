// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Model

/// What this host itself tells of its interfaces, for nodes that are this host; libvirt has no call for it.
enum LocalInterfaces {
    /// Adds addresses, counters and flags to what libvirt told.
    static func complete(_ interfaces: inout [HostInterface]) {
        let addresses = InterfaceAddress.all()
        for index in interfaces.indices {
            let name = interfaces[index].name
            guard NetworkNames.isDevice(name) else { continue }
            if interfaces[index].address == nil, let own = addresses.first(where: { $0.interface == name }) {
                interfaces[index].address = own.address
                interfaces[index].netmask = own.netmask
                interfaces[index].broadcast = own.broadcast
            }
            interfaces[index].counters = counters(name)
            guard let flags = text("\(name)/flags").flatMap({ UInt32($0.dropFirst(2), radix: 16) }) else { continue }
            interfaces[index].isLoopback = flags & 0x8 != 0
            interfaces[index].isPromiscuous = flags & 0x100 != 0
        }
    }

    /// The interfaces that the way to all other hosts goes through.
    static func defaultRoutes() -> Set<String> {
        guard let table = try? String(contentsOfFile: "/proc/net/route", encoding: .utf8) else { return [] }
        return Set(
            table.split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: "\t")
                guard fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" else { return nil }
                return String(fields[0].filter { $0 != " " })
            })
    }

    private static func counters(_ name: String) -> HostInterfaceCounters? {
        func number(_ counter: String) -> Int64? { text("\(name)/statistics/\(counter)").flatMap { Int64($0) } }
        guard let received = number("rx_bytes"), let sent = number("tx_bytes") else { return nil }
        var counters = HostInterfaceCounters()
        (counters.receivedBytes, counters.sentBytes) = (received, sent)
        (counters.receivedPackets, counters.sentPackets) = (number("rx_packets") ?? 0, number("tx_packets") ?? 0)
        (counters.receiveErrors, counters.sendErrors) = (number("rx_errors") ?? 0, number("tx_errors") ?? 0)
        (counters.receiveDrops, counters.sendDrops) = (number("rx_dropped") ?? 0, number("tx_dropped") ?? 0)
        counters.collisions = number("collisions") ?? 0
        return counters
    }

    private static func text(_ file: String) -> String? {
        guard let text = try? String(contentsOfFile: "/sys/class/net/\(file)", encoding: .utf8) else { return nil }
        return String(text.filter { !$0.isWhitespace })
    }
}
