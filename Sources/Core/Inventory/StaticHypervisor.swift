// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// A machine that is only consoles.
package struct StaticMachine: Sendable {
    /// Where one of its consoles listens.
    package enum Endpoint: Sendable, Equatable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    /// Its UUID, given or worked out.
    package let uuid: UUID
    /// Its name.
    package let name: String
    /// Its screen.
    package let vnc: Endpoint?
    /// Reads the password of its screen, each time anew, so that a changed file counts at once.
    package let credential: (@Sendable () throws -> ConsoleCredential)?
    /// Its serial line.
    package let text: Endpoint?

    /// Describes a machine.
    package init(
        uuid: UUID, name: String, vnc: Endpoint?, credential: (@Sendable () throws -> ConsoleCredential)?,
        text: Endpoint?
    ) {
        self.uuid = uuid
        self.name = name
        self.vnc = vnc
        self.credential = credential
        self.text = text
    }
}

/// A node that is a list of consoles; it is always online and can do nothing else.
package struct StaticHypervisor: Hypervisor {
    private let machines: [UUID: StaticMachine]
    private let name: String

    /// Makes a node of a list.
    package init(name: String, machines: [StaticMachine]) {
        self.name = name
        self.machines = Dictionary(machines.map { ($0.uuid, $0) }) { first, _ in first }
    }

    /// Reports every machine once and then nothing more.
    package func run(events: @escaping @Sendable (HypervisorEvent) async -> Void) async throws {
        await events(
            .node(.online(NodeFacts(hypervisor: "static", version: "", hostname: name, cpus: 0, memoryKiB: 0))))
        await events(.inventory(machines.values.map(snapshot)))
        // Nothing ever changes; sleep until cancelled.
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    /// Refused: nothing is known of the node but its consoles.
    package func details() async throws -> NodeDetails {
        throw GatehouseError(.unsupported, "This node is a list of consoles; nothing else is known of it.")
    }

    /// The machine of that UUID.
    package func machine(_ uuid: UUID) async throws -> MachineSnapshot { snapshot(try known(uuid)) }

    /// Refused: nothing is known of the machine but its consoles.
    package func perform(_ operation: MachineOperation, on uuid: UUID) async throws {
        throw GatehouseError(
            .unsupported, "This machine is listed by its consoles only; Gatehouse can not operate it.")
    }

    /// Refused: nothing is known of the machine but its consoles.
    package func modify(_ uuid: UUID, _ change: MachineChange) async throws {
        throw GatehouseError(.unsupported, "This machine is listed by its consoles only; Gatehouse can not change it.")
    }

    /// The source of a console, as it is listed.
    package func openConsole(_ type: ConsoleType, on uuid: UUID, force: Bool) async throws -> ConsoleSource {
        let machine = try known(uuid)
        let endpoint = type == .vnc ? machine.vnc : machine.text
        let credential = type == .vnc ? try machine.credential?() : nil
        switch endpoint {
        case .tcp(let host, let port): return .tcp(host: host, port: port, credential: credential)
        case .unix(let path): return .unix(path: path, credential: credential)
        case nil:
            throw GatehouseError(.consoleUnreachable, "The machine has no \(type.rawValue) console.")
        }
    }

    /// Nil: what is listed with the machine is for Gatehouse alone.
    package func vncPassword(of uuid: UUID) async throws -> String? {
        _ = try known(uuid)
        return nil
    }

    /// Nil: only the VNC source can give one.
    package func screenshot(of uuid: UUID) async throws -> Screenshot? { nil }

    /// Refused: keys go through the console.
    package func sendKeys(_ keys: [KeyName], to uuid: UUID) async throws {
        throw GatehouseError(.unsupported, "Send the keys through the machine's VNC console.")
    }

    /// Refused: nothing is known of the node but its consoles.
    package func sample() async throws -> NodeSample {
        throw GatehouseError(.unsupported, "This node is a list of consoles; there is nothing to measure.")
    }

    /// Refused: nothing is known of the machine but its consoles.
    package func statistics(of uuid: UUID) async throws -> MachineStatistics {
        throw GatehouseError(.unsupported, "This machine is listed by its consoles only; there is nothing to measure.")
    }

    private func known(_ uuid: UUID) throws -> StaticMachine {
        guard let machine = machines[uuid] else { throw GatehouseError.machineNotFound }
        return machine
    }

    private func snapshot(_ machine: StaticMachine) -> MachineSnapshot {
        var consoles: [ConsoleType] = []
        if machine.vnc != nil { consoles.append(.vnc) }
        if machine.text != nil { consoles.append(.text) }
        return MachineSnapshot(uuid: machine.uuid, name: machine.name, state: .running, consoles: consoles)
    }
}
