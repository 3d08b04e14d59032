// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What names a session to people; it opens nothing.
package struct SessionID: Sendable, Hashable, CustomStringConvertible {
    /// 16 hexadecimal digits.
    package let text: String

    /// Wraps a session's public name.
    package init(_ text: String) { self.text = text }

    /// The text.
    package var description: String { text }
}

/// A login that lasts.
package struct Session: Sendable, Equatable, Identifiable {
    /// Its public name.
    package var id: SessionID
    /// SHA-256 of the secret in the cookie.
    package var tokenHash: [UInt8]
    /// Whose it is.
    package var user: UserID
    /// What it may be used for: `web`, later one kind per legacy API.
    package var kind: String
    /// When it began.
    package var createdAt: Date
    /// When its user last did something.
    package var lastActiveAt: Date
    /// When it ends whatever happens.
    package var expiresAt: Date
    /// The client's address at login.
    package var address: String
    /// What the client called itself, at most 200 characters.
    package var userAgent: String

    /// Makes a session value.
    package init(
        id: SessionID, tokenHash: [UInt8], user: UserID, kind: String, createdAt: Date, lastActiveAt: Date,
        expiresAt: Date, address: String, userAgent: String
    ) {
        self.id = id
        self.tokenHash = tokenHash
        self.user = user
        self.kind = kind
        self.createdAt = createdAt
        self.lastActiveAt = lastActiveAt
        self.expiresAt = expiresAt
        self.address = address
        self.userAgent = userAgent
    }
}

/// The sessions that are kept over a restart.
package protocol SessionRepository: Sendable {
    /// Every session that has not ended by its absolute life.
    func sessions(at now: Date) async throws -> [Session]
    /// Keeps a new session.
    func insertSession(_ session: Session) async throws
    /// Forgets sessions.
    func removeSessions(_ ids: [SessionID]) async throws
    /// Writes when sessions were last active.
    func noteActivity(_ times: [SessionID: Date]) async throws
}

/// A console lock as it is kept over a restart.
package struct ConsoleLockRecord: Sendable, Equatable {
    /// The fencing number: each lock that is taken gets a higher one.
    package var fence: Int64
    /// The machine.
    package var machine: MachineID
    /// Which of its consoles.
    package var type: ConsoleType
    /// Who holds it.
    package var user: UserID
    /// In which session.
    package var session: SessionID
    /// Since when.
    package var since: Date
    /// From which address.
    package var address: String

    /// Makes a record.
    package init(
        fence: Int64, machine: MachineID, type: ConsoleType, user: UserID, session: SessionID, since: Date,
        address: String
    ) {
        self.fence = fence
        self.machine = machine
        self.type = type
        self.user = user
        self.session = session
        self.since = since
        self.address = address
    }
}

/// The console locks that are kept over a restart.
package protocol ConsoleLockRepository: Sendable {
    /// Every lock that is kept.
    func locks() async throws -> [ConsoleLockRecord]
    /// Keeps a lock in place of an earlier one on the same console and gives it the next fencing number.
    func insertLock(
        machine: MachineID, type: ConsoleType, user: UserID, session: SessionID, since: Date, address: String
    ) async throws -> ConsoleLockRecord
    /// Forgets a lock, if it is still the one with that fencing number.
    func removeLock(fence: Int64) async throws
}
