// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// Which console of which machine.
package struct ConsoleKey: Sendable, Hashable {
    /// The machine.
    package let machine: MachineID
    /// Which of its consoles.
    package let type: ConsoleType

    /// Names a console.
    package init(machine: MachineID, type: ConsoleType) {
        self.machine = machine
        self.type = type
    }
}

/// Who asks for a console.
package struct ConsoleClaim: Sendable, Equatable {
    /// The user.
    package let user: UserID
    /// Its session.
    package let session: SessionID
    /// Whether the holder is to be thrown out.
    package let takeover: Bool

    /// Makes a claim.
    package init(user: UserID, session: SessionID, takeover: Bool) {
        self.user = user
        self.session = session
        self.takeover = takeover
    }
}

/// The lock on one console, as a state machine without I/O; times are since a fixed moment.
///
/// A lock is a lease: it is worth as much as the ticket, connection or reservation behind it.
package struct ConsoleLock: Sendable, Equatable {
    /// What the lock rests on.
    package enum Hold: Sendable, Equatable {
        /// It is being written down.
        case taking
        /// A ticket is out that nobody has used yet.
        case ticketed(until: Duration)
        /// A console is open.
        case connected
        /// The host was restarted; the holder may have it back until then.
        case reserved(until: Duration)
    }

    /// What a claim meets.
    package enum Verdict: Sendable, Equatable {
        /// The lock may be taken.
        case take
        /// The lock may be taken, and whoever is connected under it is to be thrown out.
        case takeOver
        /// Somebody else has it, or the same user elsewhere.
        case refuse
    }

    /// The user.
    package var user: UserID
    /// Its session.
    package var session: SessionID
    /// Since when.
    package var since: Date
    /// From which address.
    package var address: String
    /// What it rests on.
    package var hold: Hold
    /// The fencing number; negative while it is being written down.
    package var fence: Int64

    /// Makes a lock.
    package init(user: UserID, session: SessionID, since: Date, address: String, hold: Hold, fence: Int64 = 0) {
        self.user = user
        self.session = session
        self.since = since
        self.address = address
        self.hold = hold
        self.fence = fence
    }

    /// Whether nothing holds it up any more.
    package func isOver(at now: Duration) -> Bool {
        switch hold {
        case .taking, .connected: false
        case .ticketed(let until), .reserved(let until): now >= until
        }
    }

    /// What a claim meets; `mayOperate` tells whether the claimant is admin or better on the machine.
    package static func judge(
        _ claim: ConsoleClaim, against held: ConsoleLock?, at now: Duration, mayOperate: Bool
    ) -> Verdict {
        guard let held, !held.isOver(at: now) else { return .take }
        let isSelf = held.user == claim.user
        switch held.hold {
        case .reserved where isSelf: return .take
        case .ticketed where isSelf && held.session == claim.session: return .take
        default: break
        }
        return claim.takeover && (isSelf || mayOperate) ? .takeOver : .refuse
    }
}

/// Why a console was closed, as its page is told (RFC 6455, section 7.4.2: 4000 to 4999 are ours).
package enum ConsoleCloseCode: UInt16, Sendable {
    case normal = 1000
    case hostStopping = 1001
    case takenOver = 4000
    case disconnected = 4001
    case sessionEnded = 4002
    case rightsRevoked = 4003
    case sourceEnded = 4004
    case sourceUnreachable = 4005
    case peerDead = 4006
    case limitReached = 4007
}

/// An open console, as far as its lock is concerned.
package protocol ConsoleConnection: AnyObject, Sendable {
    /// Closes it and tells its page why; may be called from anywhere, more than once.
    func close(_ code: ConsoleCloseCode, reason: String)
    /// Bytes so far: from the page, and to it.
    var transferred: (in: Int64, out: Int64) { get }
}
