// SPDX-License-Identifier: Apache-2.0

package import Model

/// Whether a hardware address is in use.
package struct AddressFinding: Sendable, Equatable {
    /// Whether a machine has it.
    package let isInUse: Bool
    /// Whether every node was read; a node that was away may have it too.
    package let isComplete: Bool
}

extension Networks {
    /// How old a reading may be for a question; a change reads anew.
    private static let maximumAge: Duration = .seconds(5)

    /// Whether a machine of any node has an address, running or stored.
    ///
    /// Machines of a node that is away count as they were last read.
    package func isInUse(_ address: MACAddress) async -> AddressFinding {
        let (found, isComplete) = await allAddresses(within: Self.maximumAge)
        return AddressFinding(isInUse: found.contains(address) || reserved.contains(address), isComplete: isComplete)
    }

    /// An address that no machine of any node has.
    ///
    /// It is not kept for anybody: two who ask may be given the same, one time in some millions.
    package func freeAddress() async throws -> MACAddress {
        try pick(avoiding: await allAddresses(within: Self.maximumAge).found)
    }

    /// Takes an address for a machine that is about to get it; nil takes any that is free.
    ///
    /// It must be given back with `release` once the machine has it, or not.
    /// - Throws: `conflict` where it is in use.
    func reserve(_ wanted: MACAddress?) async throws -> MACAddress {
        readers += 1
        defer {
            readers -= 1
            if readers == 0 { given = [] }
        }
        // What machines were given while the nodes were read may be missing in the reading.
        let found = await allAddresses(within: .zero).found.union(given)
        let address = try wanted ?? pick(avoiding: found)
        guard !found.contains(address), reserved.insert(address).inserted else {
            throw GatehouseError(
                .conflict, "A machine has the MAC address \(address) already; leave mac out for one that is free.")
        }
        return address
    }

    /// Gives an address back, after a machine was given it or after that failed.
    func release(_ address: MACAddress, wasGiven: Bool) {
        if wasGiven, readers > 0 { given.insert(address) }
        reserved.remove(address)
    }

    /// Takes free addresses for a machine of a node that is about to be made, and gives them back afterwards.
    ///
    /// - Throws: `limitExceeded`, or what the body throws.
    func withFreeAddresses<Result: Sendable>(
        _ count: Int, on node: NodeID, _ body: @Sendable ([MACAddress]) async throws -> Result
    ) async throws -> Result {
        var taken: [MACAddress] = []
        var wereGiven = false
        defer { for address in taken { release(address, wasGiven: wereGiven) } }
        for _ in 0..<count { taken.append(try await reserve(nil)) }
        let result = try await body(taken)
        wereGiven = true
        addresses[node]?.found.formUnion(taken)
        return result
    }

    private func pick(avoiding found: Set<MACAddress>) throws -> MACAddress {
        for _ in 0..<1000 {
            let address = MACAddress.random()
            if !found.contains(address), !reserved.contains(address) { return address }
        }
        throw GatehouseError(.limitExceeded, "There is hardly a MAC address left; choose one yourself.")
    }

    private func allAddresses(within age: Duration) async -> (found: Set<MACAddress>, isComplete: Bool) {
        let now = time.uptime()
        let nodes = await inventory.allNodes().filter { $0.record.kind == .libvirt }
        var isComplete = true
        await withTaskGroup(of: (NodeID, Set<MACAddress>?).self) { group in
            for node in nodes {
                if let read = addresses[node.record.id], age > .zero, now - read.at <= age { continue }
                group.addTask { [inventory] in
                    let wirings = try? await inventory.hypervisor(on: node.record.id).wirings()
                    return (node.record.id, wirings.map { Set($0.flatMap(\.all).compactMap { MACAddress($0.mac) }) })
                }
            }
            for await (node, found) in group {
                if let found { addresses[node] = (found, now) } else { isComplete = false }
            }
        }
        return (addresses.values.reduce(into: []) { $0.formUnion($1.found) }, isComplete)
    }
}
