// SPDX-License-Identifier: Apache-2.0

/// Decides how long a login has to wait, from what failed before; a value without a clock of its own.
///
/// Failures count per pair of account and address, so that a stranger can lock out himself only.
/// Per account, over all addresses, there is just a gentle slow-down.
package struct LoginThrottle: Sendable {
    /// What an attempt has to do.
    package enum Verdict: Sendable, Equatable {
        /// Go on after that delay, which is mostly zero.
        case proceed(delay: Duration)
        /// Refused for that long.
        case wait(Duration)
    }

    private struct Pair: Hashable {
        let account: String
        let address: String
    }

    private struct Count {
        var failures: Int
        var last: Duration
    }

    /// Failures of a pair before it has to wait.
    package var maximumFailures: Int
    /// How long it then waits.
    package var retryAfter: Duration
    private let capacity: Int
    private var pairs: [Pair: Count] = [:]
    private var accounts: [String: Count] = [:]

    /// Failures over all addresses before an account's logins are slowed down.
    private static let freeFailures = 10
    private static let longestDelay = Duration.seconds(2)

    /// Makes a throttle that remembers at most `capacity` pairs.
    package init(maximumFailures: Int = 5, retryAfter: Duration = .seconds(300), capacity: Int = 10_000) {
        self.maximumFailures = maximumFailures
        self.retryAfter = retryAfter
        self.capacity = capacity
    }

    /// Counts an attempt as failed in advance, so that many at once can not slip through together.
    ///
    /// - Parameter now: time since a fixed moment.
    package mutating func begin(account: String, address: String, now: Duration) -> Verdict {
        let pair = Pair(account: account.lowercased(), address: address)
        var count = current(pairs[pair], now: now)
        if count.failures >= maximumFailures {
            return .wait(count.last + retryAfter - now)
        }
        count.failures += 1
        count.last = now
        pairs[pair] = count
        var total = current(accounts[pair.account], now: now)
        total.failures += 1
        total.last = now
        accounts[pair.account] = total
        makeRoom(now: now)
        let excess = total.failures - Self.freeFailures
        guard excess > 0 else { return .proceed(delay: .zero) }
        return .proceed(delay: min(.milliseconds(100 * min(excess, 20)), Self.longestDelay))
    }

    /// Takes back what was counted, after the attempt has succeeded.
    package mutating func succeeded(account: String, address: String) {
        let name = account.lowercased()
        pairs[Pair(account: name, address: address)] = nil
        accounts[name] = nil
    }

    /// How many pairs are remembered.
    package var count: Int { pairs.count }

    private func current(_ count: Count?, now: Duration) -> Count {
        guard let count, now - count.last < retryAfter else { return Count(failures: 0, last: now) }
        return count
    }

    private mutating func makeRoom(now: Duration) {
        if pairs.count > capacity {
            pairs = pairs.filter { now - $0.value.last < retryAfter }
            // Still full: forget those that would soonest be forgotten anyway.
            if pairs.count > capacity {
                let kept = pairs.sorted { $0.value.last > $1.value.last }.prefix(capacity / 2)
                pairs = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
            }
        }
        if accounts.count > capacity { accounts = accounts.filter { now - $0.value.last < retryAfter } }
        if accounts.count > capacity {
            let kept = accounts.sorted { $0.value.last > $1.value.last }.prefix(capacity / 2)
            accounts = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
        }
    }
}
