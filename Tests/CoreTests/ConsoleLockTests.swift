// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Testing

@Suite struct ConsoleLockTests {
    private static let now: Duration = .seconds(100)

    private func lock(_ hold: ConsoleLock.Hold) -> ConsoleLock {
        ConsoleLock(
            user: UserID(1), session: SessionID("s1"), since: Date(timeIntervalSince1970: 0), address: "a", hold: hold,
            fence: 7)
    }

    private func verdict(
        _ hold: ConsoleLock.Hold, user: Int64, session: String, takeover: Bool, mayOperate: Bool = true
    ) -> ConsoleLock.Verdict {
        let claim = ConsoleClaim(user: UserID(user), session: SessionID(session), takeover: takeover)
        return ConsoleLock.judge(claim, against: lock(hold), at: Self.now, mayOperate: mayOperate)
    }

    @Test(arguments: [false, true])
    func `a console that nobody holds may be taken`(takeover: Bool) {
        let claim = ConsoleClaim(user: UserID(1), session: SessionID("s1"), takeover: takeover)
        #expect(ConsoleLock.judge(claim, against: nil, at: Self.now, mayOperate: true) == .take)
    }

    /// What a claim meets: by the holder's own session, by his other session, by another user; each
    /// without and with takeover.
    private static let table: [(ConsoleLock.Hold, [ConsoleLock.Verdict])] = [
        (.taking, [.refuse, .takeOver, .refuse, .takeOver, .refuse, .takeOver]),
        (.connected, [.refuse, .takeOver, .refuse, .takeOver, .refuse, .takeOver]),
        (.ticketed(until: .seconds(101)), [.take, .take, .refuse, .takeOver, .refuse, .takeOver]),
        (.reserved(until: .seconds(101)), [.take, .take, .take, .take, .refuse, .takeOver]),
        (.ticketed(until: .seconds(100)), [.take, .take, .take, .take, .take, .take]),
        (.reserved(until: .seconds(100)), [.take, .take, .take, .take, .take, .take]),
    ]

    @Test(arguments: table)
    func `what a claim meets depends on what the lock rests on`(hold: ConsoleLock.Hold, verdicts: [ConsoleLock.Verdict])
    {
        let claims: [(Int64, String, Bool)] = [
            (1, "s1", false), (1, "s1", true), (1, "s2", false), (1, "s2", true), (2, "s3", false), (2, "s3", true),
        ]
        for (claim, expected) in zip(claims, verdicts) {
            #expect(verdict(hold, user: claim.0, session: claim.1, takeover: claim.2) == expected, "\(hold) \(claim)")
        }
    }

    @Test func `who may not operate the machine takes nobody's console but his own`() {
        #expect(verdict(.connected, user: 2, session: "s3", takeover: true, mayOperate: false) == .refuse)
        #expect(verdict(.connected, user: 1, session: "s2", takeover: true, mayOperate: false) == .takeOver)
    }

    @Test func `only a lease with an end runs out`() {
        #expect(!lock(.taking).isOver(at: .seconds(1_000_000)))
        #expect(!lock(.connected).isOver(at: .seconds(1_000_000)))
        #expect(!lock(.ticketed(until: .seconds(5))).isOver(at: .seconds(4)))
        #expect(lock(.ticketed(until: .seconds(5))).isOver(at: .seconds(5)))
        #expect(lock(.reserved(until: .seconds(5))).isOver(at: .seconds(5)))
    }
}
