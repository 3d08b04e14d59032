// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model
import Testing

/// What every `Hypervisor` has to do, checked against one of its machines.
///
/// The machine is off when the check begins and off when it ends. Failures are recorded as issues of
/// the test that runs the check.
package struct HypervisorContract: Sendable {
    /// What a hypervisor need not have.
    package struct Capabilities: OptionSet, Sendable {
        /// One bit for each.
        package let rawValue: Int

        /// Makes a set from its bits.
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// It takes pictures of the screen.
        package static let pictures = Capabilities(rawValue: 1)
        /// It presses keys.
        package static let keys = Capabilities(rawValue: 2)
        /// It saves memory to disk.
        package static let saving = Capabilities(rawValue: 4)
        /// It has a way to the screen.
        package static let screens = Capabilities(rawValue: 8)
        /// It streams text consoles, to one opener at a time.
        package static let text = Capabilities(rawValue: 16)
        /// Its machines take disks and give them back.
        package static let disks = Capabilities(rawValue: 32)
        /// Everything.
        package static let all: Capabilities = [.pictures, .keys, .saving, .screens, .text, .disks]
    }

    let hypervisor: any Hypervisor
    let subject: UUID
    let capabilities: Capabilities
    let pool: String?
    let patience: Duration

    /// Makes a check of a machine; `patience` is the longest wait for one event, `pool` a pool to make volumes in.
    package init(
        _ hypervisor: any Hypervisor, subject: UUID, capabilities: Capabilities, pool: String? = nil,
        patience: Duration = .seconds(30)
    ) {
        self.hypervisor = hypervisor
        self.subject = subject
        self.capabilities = capabilities
        self.pool = pool
        self.patience = patience
    }

    /// Checks everything, from connecting to the end of the run.
    package func verify() async throws {
        let record = EventRecord()
        await expectUnreachable()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [hypervisor] in
                try await hypervisor.run { await record.append($0) }
            }
            group.addTask {
                try await self.verifyBeginning(record)
                try await self.verifyStrangers()
                try await self.verifyOff()
                try await self.verifyModifying()
                try await self.verifyStorage()
                try await self.verifyDisksOff()
                try await self.verifyLife(record)
                try await self.verifySaving(record)
                try await self.verifyDisksRunning()
                try await self.verifyEnd(record)
                try await self.verifyDisksEnd()
                throw CancellationError()
            }
            do {
                while try await group.next() != nil {}
            } catch is CancellationError {
                group.cancelAll()
            }
        }
        await expectUnreachable()
    }

    private func verifyBeginning(_ record: EventRecord) async throws {
        let inventory = try await record.first(within: patience) { event -> [MachineSnapshot]? in
            if case .inventory(let machines) = event { machines } else { nil }
        }
        let events = await record.events
        #expect(events.first == .node(.connecting), "the first event is connecting")
        guard events.count >= 3, case .node(.online(let facts)) = events[1], case .inventory = events[2] else {
            Issue.record("online and then an inventory follow connecting: \(events.prefix(3))")
            return
        }
        #expect(facts.cpus > 0 && facts.memoryKiB > 0 && !facts.hostname.isEmpty)
        let details = try await hypervisor.details()
        #expect(!details.architecture.isEmpty && details.cores > 0 && !details.guests.isEmpty)
        let machine = try #require(inventory.first { $0.uuid == subject }, "the inventory has the machine")
        #expect(machine == machine.brief, "devices and details are only given when asked for")
        #expect(!machine.state.isActive, "the machine is off at first")
        let full = try await hypervisor.machine(subject)
        #expect(full.disks != nil && full.interfaces != nil)
        #expect(full.details?.hypervisorID == nil && full.details?.needsReboot == false)
        #expect(full.name == machine.name && full.state == machine.state && full.consoles == machine.consoles)
    }

    private func verifyStrangers() async throws {
        let stranger = UUID()
        let hypervisor = hypervisor
        await expect(.notFound) { _ = try await hypervisor.machine(stranger) }
        for operation in MachineOperation.allCases {
            await expect(.notFound) { try await hypervisor.perform(operation, on: stranger) }
        }
        await expect(.notFound) { _ = try await hypervisor.openConsole(.vnc, on: stranger, force: false) }
        await expect(.notFound) { _ = try await hypervisor.openConsole(.text, on: stranger, force: false) }
        await expect(.notFound) { _ = try await hypervisor.screenshot(of: stranger) }
        await expect(.notFound) { _ = try await hypervisor.vncPassword(of: stranger) }
        await expect(.notFound) { try await hypervisor.modify(stranger, MachineChange()) }
        await expect(.notFound) { try await hypervisor.sendKeys([.enter], to: stranger) }
        await expect(.notFound) { _ = try await hypervisor.statistics(of: stranger) }
    }

    private func verifyOff() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        try await verifyNothingUsed()
        for operation in [MachineOperation.powerOff, .pause, .reset, .save] {
            await expect(.conflict) { try await hypervisor.perform(operation, on: subject) }
        }
        if capabilities.contains(.screens) {
            await expect(.consoleUnreachable) {
                _ = try await hypervisor.openConsole(.vnc, on: subject, force: false)
            }
        }
        if capabilities.contains(.text) {
            await expect(.consoleUnreachable) {
                _ = try await hypervisor.openConsole(.text, on: subject, force: false)
            }
        }
        if capabilities.contains(.keys) {
            await expect(.invalidParameters) { try await hypervisor.sendKeys([], to: subject) }
        }
    }

    private func verifyLife(_ record: EventRecord) async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        try await change(.start, to: .running, record)
        await expect(.conflict) { try await hypervisor.perform(.start, on: subject) }
        await expect(.conflict) { try await hypervisor.perform(.resume, on: subject) }
        #expect(try await hypervisor.machine(subject).details?.needsReboot == false, "nothing was changed")
        await expect(.conflict) { try await hypervisor.undefine(subject) }
        try await verifyMoving()
        try await verifyScreen()
        try await verifyText()
        try await verifyUse()
        try await change(.pause, to: .paused, record)
        await expect(.conflict) { try await hypervisor.perform(.pause, on: subject) }
        await expect(.conflict) { try await hypervisor.perform(.start, on: subject) }
        try await change(.resume, to: .running, record)
        try await hypervisor.perform(.reset, on: subject)
        #expect(try await hypervisor.machine(subject).state == .running)
    }

    private func verifySaving(_ record: EventRecord) async throws {
        guard capabilities.contains(.saving) else { return }
        try await change(.save, to: .saved, record)
        try await change(.start, to: .running, record)
    }

    private func verifyEnd(_ record: EventRecord) async throws {
        try await change(.powerOff, to: .off, record)
        await expect(.conflict) { [hypervisor, subject] in try await hypervisor.perform(.powerOff, on: subject) }
    }

    private func expectUnreachable() async {
        await expect(.nodeUnreachable) { [hypervisor, subject] in _ = try await hypervisor.machine(subject) }
        await expect(.nodeUnreachable) { [hypervisor] in _ = try await hypervisor.sample() }
        await expect(.nodeUnreachable) { [hypervisor] in _ = try await hypervisor.details() }
        await expect(.nodeUnreachable) { [hypervisor] in _ = try await hypervisor.pools() }
    }

    /// Carries out an operation and waits for the event with the state that it leads to.
    func change(_ operation: MachineOperation, to state: MachineState, _ record: EventRecord) async throws {
        let mark = await record.events.count
        try await hypervisor.perform(operation, on: subject)
        _ = try await record.first(after: mark, within: patience) { [subject] event -> Bool? in
            guard case .machine(let machine) = event else { return nil }
            return machine.uuid == subject && machine.state == state ? true : nil
        }
    }

    /// Expects a failure with a code.
    func expect(_ code: GatehouseError.Code, _ body: @Sendable () async throws -> Void) async {
        await #expect {
            try await body()
        } throws: { error in
            guard let error = error as? GatehouseError else { return false }
            return error.code == code && !error.message.isEmpty
        }
    }
}
