// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
import Synchronization

/// Says for whom a plugin calls, by what it was handed with the request or the job.
final class CallTokens: Sendable {
    private let principals = Mutex<[String: Principal]>([:])
    private let minted = Atomic<UInt64>(0)

    /// A new token for that principal.
    func mint(_ principal: Principal) -> String {
        // The count makes it the only one, the random number one that nobody guesses.
        var number = minted.wrappingAdd(1, ordering: .relaxed).newValue
        var text: [UInt8] = []
        text.reserveCapacity(32)
        while number > 0 {
            text.append(Self.digits[Int(truncatingIfNeeded: number & 15)])
            number >>= 4
        }
        text.append(UInt8(ascii: "-"))
        number = RandomPool.next()
        for _ in 0..<16 {
            text.append(Self.digits[Int(truncatingIfNeeded: number & 15)])
            number >>= 4
        }
        let token = String(decoding: text, as: UTF8.self)
        principals.withLock { $0[token] = principal }
        return token
    }

    /// Who is behind a token; nil for one that is not, or no longer, valid.
    func principal(of token: String) -> Principal? { principals.withLock { $0[token] } }

    /// Somebody logged in or out under the token; nothing where it has died meanwhile.
    func replace(_ token: String, with principal: Principal) {
        principals.withLock { principals in
            if principals[token] != nil { principals[token] = principal }
        }
    }

    /// Ends a token.
    func remove(_ token: String) { principals.withLock { _ = $0.removeValue(forKey: token) } }

    /// Ends the tokens of a job; of every job for nil.
    func removeJobs(_ number: Int64? = nil) {
        principals.withLock { principals in
            principals = principals.filter { entry in
                guard case .work(let work) = entry.value.identity else { return true }
                return number != nil && work.job != number
            }
        }
    }

    /// How many there are.
    var count: Int { principals.withLock { $0.count } }

    private static let digits = Array("0123456789abcdef".utf8)
}
