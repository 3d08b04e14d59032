// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Synchronization

/// A node in memory that does what it is told, and fails when it is told to.
///
/// Its machines change state at once. Consoles are made by `consoleSource`; without one, a screen is
/// a TCP source at a port where nobody listens, and a text console a descriptor that holds the
/// machine's one text console until it is closed or dropped.
package final class FakeHypervisor: Hypervisor {
    /// Makes a console's source, or throws.
    package typealias ConsoleMaker = @Sendable (ConsoleType, UUID, _ force: Bool) async throws -> ConsoleSource

    /// What was asked for, in order.
    package enum Request: Sendable, Equatable {
        case perform(MachineOperation, UUID)
        case openConsole(ConsoleType, UUID, force: Bool)
        case sendKeys([KeyName], UUID)
        case modify(MachineChange, UUID)
        case migrate(UUID)
    }

    struct State {
        var facts: NodeFacts
        var machines: [MachineSnapshot]
        var events: AsyncStream<HypervisorEvent>.Continuation?
        var unreachable: String? = "it has not been connected yet"
        var failures: [GatehouseError] = []
        var requests: [Request] = []
        var textHolders: [UUID: Int] = [:]
        var lastHolder = 0
        var picture: Screenshot?
        var vncPassword: String?
        var consoleSource: ConsoleMaker?
        var host: HostCounters?
        var counters: [UUID: MachineCounters] = [:]
        var sampledAt = Date(timeIntervalSince1970: 1_800_014_400)
        var networks = FakeNetworks()
        var storage = FakeStorage()
        var moves = FakeMoves()
    }

    let state: Mutex<State>

    /// Makes a node with machines.
    package init(
        _ machines: [MachineSnapshot] = [],
        facts: NodeFacts = NodeFacts(
            hypervisor: "FAKE", version: "1.0.0", hostname: "fake", cpus: 8, memoryKiB: 16 * 1024 * 1024)
    ) {
        let picture = Screenshot(type: "image/png", bytes: [0x89, 0x50, 0x4E, 0x47])
        state = Mutex(State(facts: facts, machines: machines, picture: picture))
    }

    // MARK: Telling it what to do

    /// Everything that was asked of it.
    package var requests: [Request] { state.withLock { $0.requests } }

    /// Makes the next calls fail, one each.
    package func fail(_ errors: GatehouseError...) {
        state.withLock { $0.failures += errors }
    }

    /// Has consoles made by something else.
    package func makeConsoles(_ maker: @escaping ConsoleMaker) {
        state.withLock { $0.consoleSource = maker }
    }

    /// Sets the picture of every screen; nil for a hypervisor that gives none.
    package func setPicture(_ picture: Screenshot?) {
        state.withLock { $0.picture = picture }
    }

    /// Sets the password of every screen.
    package func setVNCPassword(_ password: String?) {
        state.withLock { $0.vncPassword = password }
    }

    /// Sets what samples say, and when they say they were taken.
    package func setSample(at date: Date? = nil, host: HostCounters? = nil, machines: [MachineCounters] = []) {
        state.withLock { state in
            state.sampledAt = date ?? state.sampledAt
            state.host = host ?? state.host
            for counters in machines { state.counters[counters.uuid] = counters }
        }
    }

    /// Adds a machine, or changes the one with its UUID, and reports it.
    package func put(_ machine: MachineSnapshot) {
        state.withLock { state in
            state.machines.removeAll { $0.uuid == machine.uuid }
            state.machines.append(machine)
            state.events?.yield(.machine(machine.brief))
        }
    }

    /// Removes a machine and reports it.
    package func remove(_ uuid: UUID) {
        state.withLock { state in
            state.machines.removeAll { $0.uuid == uuid }
            state.events?.yield(.removed(uuid))
        }
    }

    /// Loses the connection.
    package func disconnect(_ reason: String) {
        state.withLock { state in
            state.unreachable = reason
            state.events?.yield(.node(.unreachable(reason: reason)))
        }
    }

    /// Gets the connection back.
    package func reconnect() {
        state.withLock { state in
            state.unreachable = nil
            state.events?.yield(.node(.online(state.facts)))
            state.events?.yield(.inventory(state.machines.map(\.brief)))
        }
    }

    // MARK: The port

    /// Reports until it is cancelled.
    package func run(events: @escaping @Sendable (HypervisorEvent) async -> Void) async throws {
        let (stream, continuation) = AsyncStream<HypervisorEvent>.makeStream()
        let isFirst = state.withLock { state in
            guard state.events == nil else { return false }
            state.events = continuation
            continuation.yield(.node(.connecting))
            return true
        }
        guard isFirst else { throw GatehouseError(.conflict, "This node runs already.") }
        reconnect()
        for await event in stream { await events(event) }
        state.withLock { state in
            state.events = nil
            state.unreachable = "the connection was closed here"
        }
    }

    /// Eight processors that run anything.
    package func details() async throws -> NodeDetails {
        try state.withLock { state in
            if let reason = state.unreachable { throw GatehouseError(.nodeUnreachable, reason) }
            if !state.failures.isEmpty { throw state.failures.removeFirst() }
            return NodeDetails(
                architecture: "x86_64", megahertz: 2400, cores: 4, threads: 2,
                guests: [NodeDetails.Guest(osType: "hvm", architecture: "x86_64")])
        }
    }

    /// The machine, with at least empty lists of disks and interfaces and empty details.
    package func machine(_ uuid: UUID) async throws -> MachineSnapshot {
        try withMachine(uuid) { _, machine in
            var full = machine
            full.disks = machine.disks ?? []
            full.interfaces = machine.interfaces ?? []
            full.details = machine.details ?? MachineDetails()
            return full
        }
    }

    /// Changes the machine's state as the operation says.
    package func perform(_ operation: MachineOperation, on uuid: UUID) async throws {
        try withMachine(uuid) { state, machine in
            state.requests.append(.perform(operation, uuid))
            guard let after = Self.state(after: operation, in: machine.state) else {
                throw GatehouseError(.conflict, "The machine is \(machine.state.rawValue).")
            }
            if operation == .save, let refusal = state.moves.savingRefusal { throw refusal }
            guard operation != .shutdown || !state.moves.deaf.contains(uuid) else { return }
            machine.state = after
            if !after.isActive { machine.disks = state.storage.storedDisks.removeValue(forKey: uuid) ?? machine.disks }
            state.events?.yield(.machine(machine.brief))
        }
    }

    /// Makes a source by `makeConsoles`, or a plain one.
    package func openConsole(_ type: ConsoleType, on uuid: UUID, force: Bool) async throws -> ConsoleSource {
        let maker = try withMachine(uuid) { state, machine in
            state.requests.append(.openConsole(type, uuid, force: force))
            guard machine.consoles.contains(type) else {
                throw GatehouseError(.consoleUnreachable, "The machine has no such console.")
            }
            guard machine.state.isActive else {
                throw GatehouseError(.consoleUnreachable, "The machine is not running.")
            }
            return state.consoleSource
        }
        if let maker { return try await maker(type, uuid, force) }
        guard type == .text else { return .tcp(host: "127.0.0.1", port: 1, credential: nil) }
        return .descriptor(try holdText(uuid, force: force), credential: nil)
    }

    /// The password that was set, for a machine that has a screen.
    package func vncPassword(of uuid: UUID) async throws -> String? {
        try withMachine(uuid) { state, machine in machine.consoles.contains(.vnc) ? state.vncPassword : nil }
    }

    /// The picture that was set.
    package func screenshot(of uuid: UUID) async throws -> Screenshot? {
        try withMachine(uuid) { state, machine in
            guard machine.state.isActive else { throw GatehouseError(.conflict, "The machine is not running.") }
            return state.picture
        }
    }

    /// Notes the keys.
    package func sendKeys(_ keys: [KeyName], to uuid: UUID) async throws {
        guard !keys.isEmpty else { throw GatehouseError.invalidParameter("keys", "Give at least one key.") }
        try withMachine(uuid) { state, machine in
            guard machine.state.isActive else { throw GatehouseError(.conflict, "The machine is not running.") }
            state.requests.append(.sendKeys(keys, uuid))
        }
    }

    /// The counters that were set, or a little of everything.
    package func sample() async throws -> NodeSample {
        try whileReachable { state in
            let host =
                state.host
                ?? HostCounters(
                    cpuNanoseconds: 1_000_000_000, idleNanoseconds: 3_000_000_000, cpus: state.facts.cpus,
                    memoryKiB: Int64(state.facts.memoryKiB), freeMemoryKiB: Int64(state.facts.memoryKiB) / 2,
                    load: [0.5, 0.25, 0.125])
            return NodeSample(
                at: state.sampledAt, host: host, machines: state.machines.map { Self.counters(of: $0, state) })
        }
    }

    /// The counters that were set, or a little of everything, with one disk and one interface.
    package func statistics(of uuid: UUID) async throws -> MachineStatistics {
        try withMachine(uuid) { state, machine in
            let counters = Self.counters(of: machine, state)
            var disk = DiskCounters(target: "vda")
            (disk.readBytes, disk.writeBytes) = (counters.diskReadBytes, counters.diskWriteBytes)
            var interface = InterfaceCounters(target: "vnet0")
            (interface.receivedBytes, interface.sentBytes) = (counters.netReceivedBytes, counters.netSentBytes)
            return MachineStatistics(
                at: state.sampledAt, counters: counters, maxMemoryKiB: machine.maxMemoryKiB.map(Int64.init),
                disks: [disk], interfaces: [interface])
        }
    }

    private static func counters(of machine: MachineSnapshot, _ state: State) -> MachineCounters {
        if var set = state.counters[machine.uuid] {
            set.state = machine.state
            return set
        }
        var counters = MachineCounters(uuid: machine.uuid, state: machine.state)
        guard machine.state.isActive else { return counters }
        counters.cpuNanoseconds = 1_000_000_000
        (counters.diskReadBytes, counters.diskWriteBytes) = (1024, 2048)
        (counters.netReceivedBytes, counters.netSentBytes) = (4096, 8192)
        return counters
    }

    // MARK: Parts

    /// Works on the state, where the node can be reached and no failure is due.
    func whileReachable<Result: Sendable>(_ body: (inout State) throws -> Result) throws -> Result {
        try state.withLock { state in
            if let reason = state.unreachable { throw GatehouseError(.nodeUnreachable, reason) }
            if !state.failures.isEmpty { throw state.failures.removeFirst() }
            return try body(&state)
        }
    }

    /// Works on a machine, where the node can be reached and no failure is due.
    func withMachine<Result: Sendable>(
        _ uuid: UUID, _ body: (inout State, inout MachineSnapshot) throws -> Result
    ) throws -> Result {
        try whileReachable { state in
            guard let index = state.machines.firstIndex(where: { $0.uuid == uuid }) else {
                throw GatehouseError.machineNotFound
            }
            var machine = state.machines[index]
            defer { state.machines[index] = machine }
            return try body(&state, &machine)
        }
    }

    private func holdText(_ uuid: UUID, force: Bool) throws -> ConsoleDescriptor {
        let holder = try state.withLock { state in
            guard state.textHolders[uuid] == nil || force else {
                throw GatehouseError(.conflict, "Another program on the node holds the text console.")
            }
            state.lastHolder += 1
            state.textHolders[uuid] = state.lastHolder
            return state.lastHolder
        }
        return ConsoleDescriptor(-1) { [self] _ in
            state.withLock { if $0.textHolders[uuid] == holder { $0.textHolders[uuid] = nil } }
        }
    }

    private static func state(after operation: MachineOperation, in state: MachineState) -> MachineState? {
        switch (operation, state) {
        case (.start, .off), (.start, .crashed), (.start, .saved): .running
        case (.shutdown, .running), (.powerOff, .running), (.powerOff, .paused), (.powerOff, .shutdown): .off
        case (.reboot, .running), (.reset, .running): .running
        case (.pause, .running): .paused
        case (.resume, .paused), (.resume, .suspended): .running
        case (.save, .running), (.save, .paused): .saved
        default: nil
        }
    }
}
