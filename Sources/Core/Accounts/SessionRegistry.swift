// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Logging
package import Model
import ServiceLifecycle
import Synchronization

/// How long sessions and login attempts last.
package struct SessionLimits: Sendable {
    /// A session ends after that long without its user doing anything.
    package var idle: Duration = .seconds(15 * 60)
    /// A session ends after that long in any case.
    package var life: Duration = .seconds(12 * 3600)
    /// How long before its end a session's user is warned.
    package var warning: Duration = .seconds(60)
    /// How many sessions one user may have; the oldest ends for the next.
    package var perUser = 50
    /// Failed logins of one account from one address before it has to wait.
    package var maximumFailures = 5
    /// How long it then waits.
    package var retryAfter: Duration = .seconds(300)

    /// The standard limits.
    package init() {}
}

/// Who is logged in: makes, finds, keeps awake and ends sessions.
package actor SessionRegistry: Service {
    /// Called after sessions have ended, with why, for people.
    package typealias EndObserver = @Sendable (_ sessions: [SessionID], _ reason: String) async -> Void

    private struct Entry {
        var session: Session
        var isDirty = false
        var wasWarned = false
    }

    private let repository: any SessionRepository
    private let accounts: any AccountRepository
    private let access: AccessRegistry
    private let hasher: PasswordHasher
    private let audit: AuditLog
    private let bus: EventBus
    private let time: TimeSource
    private let currentLimits: Mutex<SessionLimits>
    private let logger: Logger

    private var throttle: LoginThrottle
    private var entries: [SessionID: Entry] = [:]
    private var byToken: [[UInt8]: SessionID] = [:]
    /// Hashes of legacy sessions that have run out, oldest first, so that their clients can be told.
    private var expired: [[UInt8]] = []
    private var endObserver: EndObserver?

    /// Makes a registry; `load` must be called before it is used.
    package init(
        repository: any SessionRepository, accounts: any AccountRepository, access: AccessRegistry,
        hasher: PasswordHasher, audit: AuditLog, bus: EventBus, time: TimeSource, limits: SessionLimits,
        logger: Logger
    ) {
        self.repository = repository
        self.accounts = accounts
        self.access = access
        self.hasher = hasher
        self.audit = audit
        self.bus = bus
        self.time = time
        currentLimits = Mutex(limits)
        self.logger = logger
        throttle = LoginThrottle(maximumFailures: limits.maximumFailures, retryAfter: limits.retryAfter)
    }

    private nonisolated var limits: SessionLimits { currentLimits.withLock { $0 } }

    /// Replaces how long sessions last and when logins have to wait; counts at once, for running sessions too.
    package func setLimits(_ change: @Sendable (inout SessionLimits) -> Void) {
        let limits = currentLimits.withLock { limits in
            change(&limits)
            return limits
        }
        throttle.maximumFailures = limits.maximumFailures
        throttle.retryAfter = limits.retryAfter
    }

    /// Sets who is told of ended sessions.
    package func setEndObserver(_ observer: @escaping EndObserver) { endObserver = observer }

    /// Takes up the sessions that were kept over a restart.
    package func load() async throws {
        for session in try await repository.sessions(at: time.now()) { add(session) }
    }

    /// Ends what has run out and writes down activity, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(5))
                // What is written by a task that was cancelled fails; the flush below does it.
                guard !Task.isCancelled else { return }
                await self.tick()
            }
        }
        await flush()
    }

    /// How many sessions there are.
    package var count: Int { entries.count }
}

// MARK: - Logging in

extension SessionRegistry {
    /// A session that has just begun, with the secret for its cookie.
    package struct Login: Sendable {
        /// The user.
        package let user: User
        /// The session.
        package let session: Session
        /// The secret for the cookie; it is kept nowhere else.
        package let token: String
    }

    /// Checks a name and password and begins a session.
    ///
    /// A wrong name and a wrong password look and cost the same.
    ///
    /// - Throws: `unauthenticated`, `rateLimited`.
    package func login(
        name: String, password: String, kind: String, form: SecretForm? = nil, principal: Principal
    ) async throws -> Login {
        switch throttle.begin(account: name, address: principal.address, now: time.uptime()) {
        case .wait(let duration):
            let seconds = Int64(max(1, duration.seconds.rounded(.up)))
            await audit.record(
                "session.login", by: principal, user: name, outcome: .refused, detail: "too many failures")
            throw GatehouseError(
                .rateLimited, "Too many failed logins; try again in \((seconds + 59) / 60) minutes.",
                details: ["retryAfter": .int(seconds)])
        case .proceed(let delay):
            if delay > .zero { try await Task.sleep(for: delay) }
        }
        let known = access.user(named: name)
        let hash = if let known { try await accounts.passwordHash(of: known.id) } else { String?.none }
        let isRight = try await hasher.verify(password, against: hash)
        // The account may have been switched off or removed while the hash was worked out.
        guard isRight, let known, let user = access.user(known.id), user.isActive else {
            await audit.record("session.login", by: principal, user: name, outcome: .refused)
            throw GatehouseError(.unauthenticated, "The name or the password is wrong.")
        }
        throttle.succeeded(account: name, address: principal.address)
        if let hash, hasher.isOutdated(hash) {
            let renewed = try await hasher.hash(password)
            if try await accounts.passwordHash(of: user.id) == hash {
                try await accounts.setPasswordHash(renewed, of: user.id)
            }
        }
        let login = try await begin(for: user, kind: kind, form: form, principal: principal)
        // A password that was changed meanwhile has ended the sessions that were there, but not this one.
        let current = try await accounts.passwordHash(of: user.id)
        if current == hash { return login }
        guard try await hasher.verify(password, against: current) else {
            await end([login.session.id], reason: "The password was changed.")
            throw GatehouseError(.unauthenticated, "The name or the password is wrong.")
        }
        return login
    }

    /// Begins a session for a user who has shown who he is.
    ///
    /// - Parameter form: how a legacy API writes the secret; nil for a browser's cookie.
    package func begin(
        for user: User, kind: String, form: SecretForm? = nil, principal: Principal
    ) async throws -> Login {
        let random = Secret.random()
        let secret = form?.make() ?? Secret.base64URL(random)
        let hash = form == nil ? Secret.hash(random) : SecretForm.hash(secret, kind: kind)
        let now = time.now()
        let session = Session(
            id: SessionID(SecretForm.hexadecimal(Secret.random().prefix(8))), tokenHash: hash, user: user.id,
            kind: kind, createdAt: now, lastActiveAt: now, expiresAt: now.addingTimeInterval(limits.life.seconds),
            address: principal.address, userAgent: principal.userAgent)
        try await repository.insertSession(session)
        try await accounts.noteLogin(of: user.id, at: now)
        add(session)
        await endSurplus(of: user.id)
        await audit.record("session.login", by: principal, user: user.name, outcome: .ok)
        return Login(user: user, session: session, token: secret)
    }

    private func endSurplus(of user: UserID) async {
        let own = entries.values.map(\.session).filter { $0.user == user }.sorted { $0.lastActiveAt < $1.lastActiveAt }
        let surplus = own.prefix(max(0, own.count - limits.perUser)).map(\.id)
        await end(surplus, reason: "The account has too many sessions; the oldest was ended.")
    }

    private func add(_ session: Session) {
        entries[session.id] = Entry(session: session)
        byToken[session.tokenHash] = session.id
    }
}

// MARK: - Being logged in

extension SessionRegistry {
    /// The caller that a cookie's secret stands for, or nil where it stands for none.
    package func principal(token: String, kind: String, address: String, userAgent: String) -> Principal? {
        guard let secret = Secret.bytes(base64URL: token), secret.count == 32,
            let id = byToken[Secret.hash(secret)], let session = live(id), session.kind == kind,
            let user = access.user(session.user), user.isActive
        else { return nil }
        return Principal(identity: .session(session), user: user, address: address, userAgent: userAgent)
    }

    /// The user that a legacy client's secret stands for; what keeps his session awake.
    ///
    /// - Throws: `expired` where the session has run out, `unauthenticated` where there is none.
    package func resume(secret: String, kind: String, caller: Principal) throws -> Principal {
        let hash = SecretForm.hash(secret, kind: kind)
        guard let id = byToken[hash], let session = entries[id]?.session else {
            throw expired.contains(hash) ? Self.sessionExpired : Self.sessionUnknown
        }
        guard live(id) != nil else { throw Self.sessionExpired }
        guard session.kind == kind, let user = access.user(session.user), user.isActive else {
            throw Self.sessionUnknown
        }
        touch(id)
        return Principal(
            identity: .session(session), user: user, address: caller.address, userAgent: caller.userAgent,
            plugin: caller.plugin)
    }

    private static let sessionExpired = GatehouseError(.expired, "The session has ended; log in again.")
    private static let sessionUnknown = GatehouseError(.unauthenticated, "There is no such session; log in.")

    /// The session as it is now; nil where it has ended.
    package func live(_ id: SessionID) -> Session? {
        guard let session = entries[id]?.session, time.now() < end(of: session) else { return nil }
        return session
    }

    /// Notes that the user did something; nothing happens where the session has ended.
    package func touch(_ id: SessionID) {
        guard live(id) != nil else { return }
        entries[id]?.session.lastActiveAt = time.now()
        entries[id]?.isDirty = true
        entries[id]?.wasWarned = false
    }

    /// When the session ends unless its user does something.
    package nonisolated func idleEnd(of session: Session) -> Date {
        session.lastActiveAt.addingTimeInterval(limits.idle.seconds)
    }

    private func end(of session: Session) -> Date { min(session.expiresAt, idleEnd(of: session)) }

    /// The live sessions of one user, or of all.
    package func sessions(of user: UserID?) -> [Session] {
        entries.values.map(\.session)
            .filter { (user == nil || $0.user == user) && time.now() < end(of: $0) }
            .sorted { $0.createdAt < $1.createdAt }
    }
}

// MARK: - Ending

extension SessionRegistry {
    /// Ends sessions for good and tells why; after it returns none of them opens anything.
    package func end(_ ids: [SessionID], reason: String) async {
        let known = ids.filter { entries[$0] != nil }
        guard !known.isEmpty else { return }
        for id in known {
            if let entry = entries.removeValue(forKey: id) { byToken[entry.session.tokenHash] = nil }
        }
        do {
            try await repository.removeSessions(known)
        } catch {
            // In memory they are gone; on disk they end by their own expiry.
            logger.error("ended sessions could not be removed from the store", metadata: ["error": "\(error)"])
        }
        for id in known { bus.publish(.sessionEnded(id, reason: reason)) }
        await endObserver?(known, reason)
    }

    /// Ends every session of a user, but for one that may stay.
    package func endAll(of user: UserID, except: SessionID? = nil, reason: String) async {
        let ids = entries.values.map(\.session).filter { $0.user == user && $0.id != except }.map(\.id)
        await end(ids, reason: reason)
    }

    /// Ends what has run out, warns what soon will, and writes activity down.
    package func tick() async {
        let now = time.now()
        var over: [SessionID] = []
        for (id, entry) in entries {
            let end = end(of: entry.session)
            if now >= end {
                over.append(id)
            } else if !entry.wasWarned, now.addingTimeInterval(limits.warning.seconds) >= end {
                entries[id]?.wasWarned = true
                bus.publish(.sessionEnding(id, idle: end < entry.session.expiresAt))
            }
        }
        for id in over {
            guard let session = entries[id]?.session, session.kind != "web" else { continue }
            expired.append(session.tokenHash)
        }
        // Clients of that long ago may be told that they are unknown.
        expired.removeFirst(max(0, expired.count - 1000))
        await end(over, reason: "The session has ended; log in again.")
        await flush()
    }

    /// Writes down when sessions were last active.
    package func flush() async {
        let dirty = entries.filter(\.value.isDirty).mapValues(\.session.lastActiveAt)
        guard !dirty.isEmpty else { return }
        for id in dirty.keys { entries[id]?.isDirty = false }
        do {
            try await repository.noteActivity(dirty)
        } catch {
            for id in dirty.keys { entries[id]?.isDirty = true }
            logger.error("session activity could not be written", metadata: ["error": "\(error)"])
        }
    }
}
