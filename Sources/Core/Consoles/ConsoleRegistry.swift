// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Logging
package import Model
import ServiceLifecycle

/// How many consoles may be open, and how long their leases last.
package struct ConsoleLimits: Sendable {
    /// How many consoles one user may have.
    package var perUser = 32
    /// How many consoles there may be in all.
    package var total = 1000
    /// How many consoles of one machine there may be.
    package var perMachine = 4
    /// How long a ticket may wait to be used.
    package var ticketLife: Duration = .seconds(30)
    /// How long after a restart a lock waits for its holder.
    package var reservation: Duration = .seconds(60)

    /// The standard limits.
    package init() {}
}

/// Tickets for consoles, and the lock on each console.
package actor ConsoleRegistry: Service {
    struct Ticket {
        let key: ConsoleKey
        let session: SessionID
        let fence: Int64
        let force: Bool
        let until: Duration
    }

    struct Connection {
        let fence: Int64
        let console: any ConsoleConnection
    }

    /// What a used ticket entitles to.
    package struct Grant: Sendable, Equatable {
        /// The console.
        package let key: ConsoleKey
        /// The fencing number of the lock.
        package let fence: Int64
        /// Whether a holder outside Gatehouse is to be thrown out.
        package let force: Bool
        /// The session that it is for.
        package let session: SessionID
    }

    /// What `open` gives.
    package struct Opening: Sendable {
        /// The secret to show at the upgrade.
        package let ticket: String
        /// When it ends.
        package let expiresAt: Date
    }

    let repository: any ConsoleLockRepository
    let access: AccessRegistry
    let bus: EventBus
    let time: TimeSource
    let limits: ConsoleLimits
    let logger: Logger

    var locks: [ConsoleKey: ConsoleLock] = [:]
    /// Who held a console while somebody else's lock on it is being written down; he keeps it if that fails.
    var displaced: [ConsoleKey: ConsoleLock] = [:]
    /// Counts the locks that were begun to be written down, so that no two look the same meanwhile.
    private var placeCount: Int64 = 0
    var tickets: [[UInt8]: Ticket] = [:]
    var connections: [ConsoleKey: Connection] = [:]
    /// When a console was last let go: its source may take a moment to notice.
    var released: [ConsoleKey: Duration] = [:]
    /// Totals of consoles that are closed, for the counters of /metrics.
    var finishedBytes: (in: Int64, out: Int64) = (0, 0)
    var openedCount: Int64 = 0
    var isStopping = false

    /// Makes a registry; `load` must be called before use.
    package init(
        repository: any ConsoleLockRepository, access: AccessRegistry, bus: EventBus, time: TimeSource,
        limits: ConsoleLimits, logger: Logger
    ) {
        self.repository = repository
        self.access = access
        self.bus = bus
        self.time = time
        self.limits = limits
        self.logger = logger
    }

    /// Takes up locks from before a restart; each waits for its holder a while.
    package func load() async throws {
        let until = time.uptime() + limits.reservation
        for record in try await repository.locks() {
            locks[ConsoleKey(machine: record.machine, type: record.type)] = ConsoleLock(
                user: record.user, session: record.session, since: record.since, address: record.address,
                hold: .reserved(until: until), fence: record.fence)
        }
    }

    /// Ends leases that have run out, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                await self.tick()
            }
        }
    }

    /// Ends leases that have run out.
    package func tick() async {
        let now = time.uptime()
        tickets = tickets.filter { $0.value.until > now }
        released = released.filter { now - $0.value < .seconds(5) }
        for (key, lock) in locks where lock.isOver(at: now) { await release(key, fence: lock.fence) }
    }
}

// MARK: - Opening

extension ConsoleRegistry {
    /// Takes the lock on a console and gives a ticket for it.
    ///
    /// The caller has been found to be admin or better on the machine.
    ///
    /// - Parameter life: how long the ticket is good; nil for the time that is set.
    /// - Throws: `consoleLocked`, `limitExceeded`, `storageFailed`.
    package func open(
        _ key: ConsoleKey, principal: Principal, takeover: Bool, life: Duration? = nil
    ) async throws -> Opening {
        guard let session = principal.session else {
            throw GatehouseError(.unauthenticated, "Consoles are opened from a session in the browser; log in.")
        }
        let claim = ConsoleClaim(user: session.user, session: session.id, takeover: takeover)
        let mayOperate = access.level(of: principal, on: key.machine).mayOperate
        let verdict = ConsoleLock.judge(claim, against: locks[key], at: time.uptime(), mayOperate: mayOperate)
        guard verdict != .refuse else { throw lockedError(key, for: principal) }
        try checkLimits(key, user: session.user)
        let wasReleased = released[key].map { time.uptime() - $0 < .seconds(5) } ?? false
        let life = life ?? limits.ticketLife
        let fence = try await take(key, for: session, principal: principal, life: life)
        let loser = connections.removeValue(forKey: key)
        loser?.console.close(.takenOver, reason: "\(principal.name ?? "Somebody") took over this console.")
        let secret = Secret.random()
        let until = time.uptime() + life
        tickets[Secret.hash(secret)] = Ticket(
            key: key, session: session.id, fence: fence, force: takeover || wasReleased, until: until)
        bus.publish(.consoleChanged(key.machine, key.type))
        return Opening(
            ticket: Secret.base64URL(secret), expiresAt: time.now().addingTimeInterval(life.seconds))
    }

    /// Refuses whoever would not get a console now.
    ///
    /// - Throws: `consoleLocked`.
    package func check(_ key: ConsoleKey, principal: Principal) throws {
        guard let lock = locks[key], !lock.isOver(at: time.uptime()), principal.session?.id != lock.session else {
            return
        }
        throw lockedError(key, for: principal)
    }

    /// Whether a ticket is still good.
    package func isGood(ticket: String) -> Bool {
        guard let secret = Secret.bytes(base64URL: ticket), let found = tickets[Secret.hash(secret)] else {
            return false
        }
        return found.until > time.uptime() && locks[found.key]?.fence == found.fence
    }

    /// Gives a ticket back that nobody will use, and its lock with it.
    package func giveBack(ticket: String) async {
        guard let secret = Secret.bytes(base64URL: ticket), let found = tickets.removeValue(forKey: Secret.hash(secret))
        else { return }
        await release(found.key, fence: found.fence)
    }

    private func checkLimits(_ key: ConsoleKey, user: UserID) throws {
        guard locks[key]?.user != user else { return }
        guard locks[key] != nil || locks.count < limits.total else {
            throw GatehouseError(.limitExceeded, "\(limits.total) consoles are open in all; close one first.")
        }
        guard locks.values.count(where: { $0.user == user }) < limits.perUser else {
            throw GatehouseError(.limitExceeded, "You have \(limits.perUser) consoles open; close one first.")
        }
        guard locks.keys.count(where: { $0.machine == key.machine && $0 != key }) < limits.perMachine else {
            throw GatehouseError(
                .limitExceeded, "\(limits.perMachine) consoles of this machine are open; close one first.")
        }
    }

    /// Holds the place in memory while the lock is written down, so that nobody comes in between.
    private func take(
        _ key: ConsoleKey, for session: Session, principal: Principal, life: Duration
    ) async throws -> Int64 {
        if let before = locks[key], before.hold != .taking { displaced[key] = before }
        placeCount += 1
        let since = time.now()
        let place = ConsoleLock(
            user: session.user, session: session.id, since: since, address: principal.address, hold: .taking,
            fence: -placeCount)
        locks[key] = place
        do {
            let record = try await repository.insertLock(
                machine: key.machine, type: key.type, user: session.user, session: session.id, since: since,
                address: principal.address)
            guard locks[key] == place else {
                try await repository.removeLock(fence: record.fence)
                throw GatehouseError(.conflict, "The console was taken away meanwhile; try again.")
            }
            displaced[key] = nil
            locks[key]?.fence = record.fence
            locks[key]?.hold = .ticketed(until: time.uptime() + life)
            return record.fence
        } catch {
            if locks[key] == place { locks[key] = displaced.removeValue(forKey: key) }
            throw error
        }
    }

    /// Uses up a ticket: whatever comes of it, it is worth nothing afterwards.
    ///
    /// - Throws: `expired` for a ticket that is unknown, used, too old, or for something else.
    package func redeem(ticket: String, session: SessionID, key: ConsoleKey) throws -> Grant {
        let refusal = GatehouseError(.expired, "The ticket is not valid any more; open the console again.")
        guard let secret = Secret.bytes(base64URL: ticket), secret.count == 32,
            let found = tickets.removeValue(forKey: Secret.hash(secret))
        else { throw refusal }
        guard found.until > time.uptime(), found.session == session, found.key == key,
            locks[key]?.fence == found.fence
        else { throw refusal }
        // The lease now rests on the connection being made, which has a deadline of its own.
        locks[key]?.hold = .ticketed(until: time.uptime() + limits.ticketLife)
        return Grant(key: key, fence: found.fence, force: found.force, session: session)
    }

    /// Notes that a console is open; false where its lock has gone to somebody else meanwhile.
    package func connected(_ grant: Grant, _ connection: any ConsoleConnection) -> Bool {
        guard locks[grant.key]?.fence == grant.fence else { return false }
        locks[grant.key]?.hold = .connected
        connections[grant.key] = Connection(fence: grant.fence, console: connection)
        openedCount += 1
        bus.publish(.consoleChanged(grant.key.machine, grant.key.type))
        return true
    }

    /// Notes that a console has closed and lets its lock go.
    package func disconnected(_ grant: Grant, transferred: (in: Int64, out: Int64)) async {
        finishedBytes.in += transferred.in
        finishedBytes.out += transferred.out
        await release(grant.key, fence: grant.fence)
    }

    func release(_ key: ConsoleKey, fence: Int64) async {
        if connections[key]?.fence == fence { connections[key] = nil }
        if displaced[key]?.fence == fence { displaced[key] = nil }
        guard locks[key]?.fence == fence else { return }
        locks[key] = nil
        released[key] = time.uptime()
        defer { bus.publish(.consoleChanged(key.machine, key.type)) }
        // A lock that ends because the host does stays written down, and waits for its holder.
        guard !isStopping else { return }
        do {
            try await repository.removeLock(fence: fence)
        } catch {
            logger.error("a console lock could not be removed from the store", metadata: ["error": "\(error)"])
        }
    }

    /// Keeps the locks of open consoles written down from now on, so that their holders find them after a restart.
    package func prepareForShutdown() { isStopping = true }
}
