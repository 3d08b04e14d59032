// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// A lock as one caller may see it.
package struct ConsoleLockView: Sendable, Equatable {
    /// The console.
    package let key: ConsoleKey
    /// Since when it is held.
    package let since: Date
    /// From where; nil where the caller may not know.
    package let address: String?
    /// By whom; nil where the caller may not know.
    package let holder: String?
    /// Whether the caller's own user holds it.
    package let isSelf: Bool
    /// Whether the caller's own session holds it.
    package let isSameSession: Bool
    /// Whether a console is open under it.
    package let isConnected: Bool
    /// Bytes so far: from the page, and to it.
    package let transferred: (in: Int64, out: Int64)

    /// Whether two views say the same, counters aside.
    package static func == (left: ConsoleLockView, right: ConsoleLockView) -> Bool {
        left.key == right.key && left.since == right.since && left.address == right.address
            && left.holder == right.holder && left.isSelf == right.isSelf
            && left.isSameSession == right.isSameSession && left.isConnected == right.isConnected
    }
}

extension ConsoleRegistry {
    /// The lock on a console as the caller may see it; nil where it is free.
    ///
    /// The holder's name is for himself and for those who may operate the machine.
    package func view(_ key: ConsoleKey, for principal: Principal) -> ConsoleLockView? {
        guard let lock = locks[key], !lock.isOver(at: time.uptime()) else { return nil }
        let isSelf = principal.session.map { $0.user == lock.user } ?? false
        let mayKnow = isSelf || access.level(of: principal, on: key.machine).mayOperate
        return ConsoleLockView(
            key: key, since: lock.since, address: mayKnow ? lock.address : nil,
            holder: mayKnow ? access.user(lock.user)?.name : nil, isSelf: isSelf,
            isSameSession: principal.session?.id == lock.session, isConnected: lock.hold == .connected,
            transferred: connections[key]?.console.transferred ?? (0, 0))
    }

    /// Every lock that the caller may see, oldest first.
    package func views(for principal: Principal) -> [ConsoleLockView] {
        locks.keys.filter { access.level(of: principal, on: $0.machine).mayView }
            .compactMap { view($0, for: principal) }
            .sorted { $0.since < $1.since }
    }

    func lockedError(_ key: ConsoleKey, for principal: Principal) -> GatehouseError {
        let view = view(key, for: principal)
        let who = view.map { $0.isSelf ? "you, in another window" : $0.holder ?? "another user" } ?? "another user"
        return GatehouseError(
            .consoleLocked, "This console is in use by \(who). Take it over, or wait until it is free.")
    }

    /// Closes a console and frees its lock.
    ///
    /// - Throws: `notFound` where nobody holds it.
    package func disconnect(_ key: ConsoleKey, code: ConsoleCloseCode, reason: String) async throws {
        guard let lock = locks[key] else {
            throw GatehouseError(.notFound, "Nobody uses this console.")
        }
        let loser = displaced[key]
        await drop(key, lock, code: code, reason: reason)
        if let loser { await drop(key, loser, code: code, reason: reason) }
    }

    /// Closes the consoles of sessions that have ended.
    package func sessionsEnded(_ sessions: [SessionID], reason: String) async {
        let ended = Set(sessions)
        for (key, lock) in holders where ended.contains(lock.session) {
            await drop(key, lock, code: .sessionEnded, reason: reason)
        }
    }

    /// Closes the consoles of users who have lost their right to them.
    package func recheckRights() async {
        for (key, lock) in holders where !access.level(of: lock.user, on: key.machine).mayOperate {
            await drop(key, lock, code: .rightsRevoked, reason: "Your rights on this machine were taken back.")
        }
    }

    private var holders: [(ConsoleKey, ConsoleLock)] {
        locks.map { ($0.key, $0.value) } + displaced.map { ($0.key, $0.value) }
    }

    private func drop(_ key: ConsoleKey, _ lock: ConsoleLock, code: ConsoleCloseCode, reason: String) async {
        guard lock.hold != .taking else {
            // Whoever was about to lose the console keeps it.
            if locks[key] == lock { locks[key] = displaced.removeValue(forKey: key) }
            return
        }
        tickets = tickets.filter { $0.value.fence != lock.fence }
        if let connection = connections[key], connection.fence == lock.fence {
            connection.console.close(code, reason: reason)
        }
        await release(key, fence: lock.fence)
    }

    /// What /metrics shows: consoles that are open, consoles ever opened, and bytes from and to pages.
    package func counters() -> (open: Int, opened: Int64, bytesIn: Int64, bytesOut: Int64) {
        var total = finishedBytes
        for connection in connections.values {
            let transferred = connection.console.transferred
            total.in += transferred.in
            total.out += transferred.out
        }
        return (connections.count, openedCount, total.in, total.out)
    }
}
