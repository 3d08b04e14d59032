// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
import TestSupport

/// Locks that are kept in memory, and that fail or take their time when they are told to.
final class LockLedger: ConsoleLockRepository, Sendable {
    private struct State {
        var rows: [ConsoleLockRecord] = []
        var lastFence: Int64 = 0
        var failures = 0
        var isHeld = false
        var areRemovalsHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// What is written down.
    var rows: [ConsoleLockRecord] { state.withLock { $0.rows } }
    /// How many writes wait.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Makes the next writes fail.
    func failNext(_ count: Int) { state.withLock { $0.failures += count } }

    /// Makes writes of locks wait.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Makes removals of locks wait.
    func holdRemovals() { state.withLock { $0.areRemovalsHeld = true } }

    /// Lets the oldest write that waits go on, or all of them and all that come.
    func letGo(all: Bool = true) {
        let freed = state.withLock { state in
            if all { (state.isHeld, state.areRemovalsHeld) = (false, false) }
            let freed = Array(all ? state.waiting[...] : state.waiting.prefix(1))
            state.waiting.removeFirst(freed.count)
            return freed
        }
        for continuation in freed { continuation.resume() }
    }

    func locks() async throws -> [ConsoleLockRecord] { rows }

    func insertLock(
        machine: MachineID, type: ConsoleType, user: UserID, session: SessionID, since: Date, address: String
    ) async throws -> ConsoleLockRecord {
        await pass { $0.isHeld }
        return try state.withLock { state in
            try Self.mayFail(&state)
            state.lastFence += 1
            let record = ConsoleLockRecord(
                fence: state.lastFence, machine: machine, type: type, user: user, session: session, since: since,
                address: address)
            state.rows.removeAll { $0.machine == machine && $0.type == type }
            state.rows.append(record)
            return record
        }
    }

    func removeLock(fence: Int64) async throws {
        await pass { $0.areRemovalsHeld }
        try state.withLock { state in
            try Self.mayFail(&state)
            state.rows.removeAll { $0.fence == fence }
        }
    }

    private func pass(_ isHeld: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                let waits = isHeld(state)
                if waits { state.waiting.append(continuation) }
                return waits
            }
            if !waits { continuation.resume() }
        }
    }

    private static func mayFail(_ state: inout State) throws {
        guard state.failures > 0 else { return }
        state.failures -= 1
        throw GatehouseError(.storageFailed, "The disk is full.")
    }
}

/// An open console that only notes how it is closed.
final class FakeConsole: ConsoleConnection {
    private let state = Mutex<[(code: ConsoleCloseCode, reason: String)]>([])

    /// How it was closed.
    var closings: [ConsoleCloseCode] { state.withLock { $0.map(\.code) } }
    /// Why it was last closed.
    var reason: String { state.withLock { $0.last?.reason ?? "" } }
    let transferred: (in: Int64, out: Int64) = (3, 5)

    func close(_ code: ConsoleCloseCode, reason: String) { state.withLock { $0.append((code, reason)) } }
}

/// A registry of consoles over locks in memory, with three admins and one who may only look.
struct ConsoleFixture {
    let access = AccessRegistry()
    let bus = EventBus()
    let clock = HandClock()
    let ledger: LockLedger
    let registry: ConsoleRegistry
    static let node = NodeID(1)

    init(_ limits: ConsoleLimits = ConsoleLimits(), ledger: LockLedger = LockLedger()) {
        self.ledger = ledger
        registry = ConsoleRegistry(
            repository: ledger, access: access, bus: bus, time: clock.source, limits: limits, logger: TestCore.quiet)
        setRights(["anna": .admin, "bert": .admin, "carl": .admin, "vera": .readOnlyAdmin])
    }

    private static let names = ["anna", "bert", "carl", "vera"]

    /// Gives rights on the node; who is left out has none.
    func setRights(_ levels: [String: AccessLevel]) {
        let users = Self.names.enumerated().map { place, name in
            User(id: UserID(Int64(place + 1)), name: name, level: .none, createdAt: clock.now)
        }
        let privileges = users.compactMap { user in
            levels[user.name].map { level in
                Privilege(
                    id: PrivilegeID(user.id.number), grantee: .user(user.id), target: .node(Self.node), level: level)
            }
        }
        access.load(AccessTable(users: users, privileges: privileges))
    }

    /// A user in a session.
    func person(_ name: String, session: String = "1") -> Principal {
        let user = access.user(named: name)
        let id = user?.id ?? UserID(99)
        let life = Session(
            id: SessionID("\(name)-\(session)"), tokenHash: [], user: id, kind: "web", createdAt: clock.now,
            lastActiveAt: clock.now, expiresAt: clock.now.addingTimeInterval(3600), address: "192.0.2.7",
            userAgent: "test")
        return Principal(identity: .session(life), user: user, address: "192.0.2.7")
    }

    /// A console of a machine of that number.
    static func key(_ number: UInt8 = 1, _ type: ConsoleType = .vnc) -> ConsoleKey {
        let uuid = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number))
        return ConsoleKey(machine: MachineID(node: node, uuid: uuid), type: type)
    }

    /// Opens a console and uses its ticket.
    func grant(
        _ principal: Principal, _ key: ConsoleKey = key(), takeover: Bool = false
    ) async throws -> ConsoleRegistry.Grant {
        let opening = try await registry.open(key, principal: principal, takeover: takeover)
        guard let session = principal.session?.id else { throw GatehouseError(.unauthenticated, "no session") }
        return try await registry.redeem(ticket: opening.ticket, session: session, key: key)
    }

    /// Opens a console as far as it goes.
    func connect(
        _ principal: Principal, _ key: ConsoleKey = key(), takeover: Bool = false
    ) async throws -> (grant: ConsoleRegistry.Grant, console: FakeConsole) {
        let grant = try await grant(principal, key, takeover: takeover)
        let console = FakeConsole()
        guard await registry.connected(grant, console) else { throw GatehouseError(.conflict, "not connected") }
        return (grant, console)
    }

    /// Who holds a console, as a superuser sees it.
    func holder(_ key: ConsoleKey = key()) async -> String? {
        await registry.view(key, for: TestCore.local)?.holder
    }
}
