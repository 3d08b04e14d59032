// SPDX-License-Identifier: Apache-2.0

import Core
import Testing

@Suite struct LoginThrottleTests {
    private static let start: Duration = .seconds(1000)

    private func failing(_ count: Int, address: String = "a", at now: Duration = start) -> LoginThrottle {
        var throttle = LoginThrottle()
        for _ in 0..<count { _ = throttle.begin(account: "anna", address: address, now: now) }
        return throttle
    }

    @Test func `five attempts are let through and the sixth has to wait`() {
        var throttle = LoginThrottle()
        for _ in 0..<5 {
            #expect(throttle.begin(account: "anna", address: "a", now: Self.start) == .proceed(delay: .zero))
        }
        #expect(throttle.begin(account: "anna", address: "a", now: Self.start) == .wait(.seconds(300)))
        #expect(throttle.begin(account: "anna", address: "a", now: Self.start + .seconds(100)) == .wait(.seconds(200)))
    }

    @Test func `waiting is not made longer by trying, and ends`() {
        var throttle = failing(5)
        for second in 1..<300 {
            let verdict = throttle.begin(account: "anna", address: "a", now: Self.start + .seconds(second))
            #expect(verdict == .wait(.seconds(300 - second)))
        }
        let after = throttle.begin(account: "anna", address: "a", now: Self.start + .seconds(300))
        #expect(after == .proceed(delay: .zero))
    }

    @Test func `a stranger elsewhere does not lock out the owner`() {
        var throttle = failing(5, address: "stranger")
        #expect(throttle.begin(account: "anna", address: "home", now: Self.start) == .proceed(delay: .zero))
        #expect(throttle.begin(account: "bert", address: "stranger", now: Self.start) == .proceed(delay: .zero))
    }

    @Test func `case does not make another account`() {
        var throttle = failing(5)
        #expect(throttle.begin(account: "ANNA", address: "a", now: Self.start) == .wait(.seconds(300)))
    }

    @Test func `many addresses against one account slow it down, but never more than two seconds`() {
        var throttle = LoginThrottle()
        var delays: [Duration] = []
        for number in 0..<40 {
            if case .proceed(let delay) = throttle.begin(account: "anna", address: "a\(number)", now: Self.start) {
                delays.append(delay)
            }
        }
        #expect(delays.count == 40)
        #expect(delays[..<10].allSatisfy { $0 == .zero })
        #expect(delays[10] == .milliseconds(100))
        #expect(delays[39] == .seconds(2))
    }

    @Test func `success forgets the failures`() {
        var throttle = failing(4)
        throttle.succeeded(account: "Anna", address: "a")
        for _ in 0..<5 {
            #expect(throttle.begin(account: "anna", address: "a", now: Self.start) == .proceed(delay: .zero))
        }
    }

    @Test func `what it remembers has a bound, and the newest stays`() {
        var throttle = LoginThrottle(capacity: 100)
        for number in 0..<1000 {
            _ = throttle.begin(account: "u\(number)", address: "a", now: Self.start + .milliseconds(number))
        }
        #expect(throttle.count <= 100)
        for _ in 0..<4 { _ = throttle.begin(account: "u999", address: "a", now: Self.start + .seconds(1)) }
        let verdict = throttle.begin(account: "u999", address: "a", now: Self.start + .seconds(1))
        #expect(verdict == .wait(.seconds(300)))
    }
}
