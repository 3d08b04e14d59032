// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let vm = [
        ZentificMethod("VM.getVMs", returns: "array of string, UUIDs") { call in
            .array(try await call.machines().map { .string($0["uuid"]?.stringValue ?? "") })
        },
        ZentificMethod("VM.getVMsFull", returns: "array of VM") { call in .array(try await call.fullMachines()) },
        ZentificMethod("VM.getVM", [.uuid()], returns: "VM") { call in
            let shown = try await call.core("machine.show", ["machine": .string(call.arguments.text("uuid"))])
            let machine = shown["machine"] ?? .null
            async let stats = call.stats(of: machine)
            async let node = call.node(of: machine)
            return await VMStruct(machine: machine, stats: stats, node: node).value
        },
        ZentificMethod("VM.getState", [.uuid()], returns: "string, one letter") { call in
            .string(VMState.letter(try await call.listedMachine()["state"]?.stringValue ?? ""))
        },
    ]
}

extension ZentificCall {
    /// How many machines are looked at together for one call.
    private static let together = 16

    /// The machines that the caller may see, each UUID once.
    func machines() async throws -> [JSONValue] {
        let machines = try await core("machine.list")["machines"]?.arrayValue ?? []
        var seen: Set<String> = []
        return machines.filter { $0["duplicate"] != true && seen.insert($0["uuid"]?.stringValue ?? "").inserted }
    }

    /// The machine that the call names, as the inventory has it, without asking its node.
    func listedMachine() async throws -> JSONValue {
        let uuid = arguments.text("uuid")
        let listed = try await core("machine.list", ["search": .string(uuid)])["machines"]?.arrayValue ?? []
        guard let machine = listed.first(where: { $0["id"]?.stringValue == uuid }) else {
            throw GatehouseError.machineNotFound
        }
        return machine
    }

    /// What a machine uses; `null` where it is not running or its node does not say.
    func stats(of machine: JSONValue) async -> JSONValue {
        guard let id = machine["id"], VMState.isActive(machine["state"]?.stringValue ?? "") else { return .null }
        return (try? await core("machine.stats", ["machine": id])) ?? .null
    }

    /// The node of a machine; `null` where the caller may not see it.
    func node(of machine: JSONValue) async -> JSONValue {
        guard let name = machine["node"] else { return .null }
        return (try? await core("node.show", ["node": name])["node"]) ?? .null
    }

    /// Every machine that the caller may see, with its disks, its interfaces and what it uses.
    func fullMachines() async throws -> [XMLRPCValue] {
        async let listed = machines()
        async let nodes = nodes()
        let byName = Dictionary(
            (try await nodes).map { ($0["name"]?.stringValue ?? "", $0) }
        ) { first, _ in first }
        let machines = try await listed
        var values = [XMLRPCValue?](repeating: nil, count: machines.count)
        try await withThrowingTaskGroup(of: (Int, XMLRPCValue?).self) { group in
            for (place, machine) in machines.enumerated() {
                if place >= Self.together, let done = try await group.next() { values[done.0] = done.1 }
                let node = byName[machine["node"]?.stringValue ?? ""] ?? .null
                group.addTask { (place, try await self.fullMachine(machine, node: node)) }
            }
            for try await done in group { values[done.0] = done.1 }
        }
        return values.compactMap { $0 }
    }

    /// A machine with everything; nil where it has gone meanwhile.
    private func fullMachine(_ listed: JSONValue, node: JSONValue) async throws -> XMLRPCValue? {
        do {
            let machine = try await core("machine.show", ["machine": listed["id"] ?? .null])["machine"] ?? .null
            return VMStruct(machine: machine, stats: await stats(of: machine), node: node).value
        } catch let error as GatehouseError where error.code == .notFound {
            return nil
        }
    }
}
