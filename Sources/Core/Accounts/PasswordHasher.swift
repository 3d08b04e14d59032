// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Dispatch
import FoundationEssentials
import Model
import Synchronization

/// Hashes passwords with scrypt (RFC 7914), at most two at once and never on the shared thread pool.
///
/// One hash takes 64 MiB and a noticeable part of a second; that is what makes guessing dear, and
/// why no more than a few may wait.
package final class PasswordHasher: Sendable {
    /// The cost that new hashes get: N, r and p of RFC 7914.
    package struct Cost: Sendable, Equatable {
        /// N, a power of two.
        package let rounds: Int
        /// r.
        package let blockSize: Int
        /// p.
        package let parallelism: Int

        /// The cost of the product.
        package static let standard = Cost(rounds: 1 << 16, blockSize: 8, parallelism: 1)
        /// A cost for tests that are not about cost.
        package static let test = Cost(rounds: 1 << 4, blockSize: 8, parallelism: 1)
    }

    private static let maximumWaiting = 32

    private let cost: Cost
    private let queues: [DispatchQueue]
    private let waiting: Mutex<[Int]>
    /// A hash that no password has, to spend the same time on names that do not exist.
    private let decoy: Mutex<String?>

    /// Makes a hasher.
    package init(cost: Cost = .standard) {
        self.cost = cost
        queues = [DispatchQueue(label: "gatehouse.scrypt.0"), DispatchQueue(label: "gatehouse.scrypt.1")]
        waiting = Mutex([0, 0])
        decoy = Mutex(nil)
    }

    /// The text to keep for a password: `scrypt$N$r$p$salt$key`.
    ///
    /// - Throws: `rateLimited` where too many wait.
    package func hash(_ password: String) async throws -> String {
        let salt = Array(Secret.random().prefix(16))
        let cost = cost
        return try await run { try Self.encode(password, salt: salt, cost: cost) }
    }

    /// Whether the password is the one that was hashed; a missing hash costs the same time and is never right.
    ///
    /// - Throws: `rateLimited` where too many wait.
    package func verify(_ password: String, against hash: String?) async throws -> Bool {
        let reference = if let hash { hash } else { try await decoyHash() }
        let isReal = hash != nil
        return try await run {
            guard let parsed = Self.decode(reference) else {
                throw GatehouseError(.internal, "A stored password hash can not be read.")
            }
            let key = try Self.encode(password, salt: parsed.salt, cost: parsed.cost)
            return Secret.areEqual(Array(key.utf8), Array(reference.utf8)) && isReal
        }
    }

    /// Whether a hash was made at a lower cost than new ones are.
    package func isOutdated(_ hash: String) -> Bool {
        guard let parsed = Self.decode(hash) else { return true }
        return parsed.cost.rounds * parsed.cost.blockSize < cost.rounds * cost.blockSize
    }

    private func decoyHash() async throws -> String {
        if let known = decoy.withLock({ $0 }) { return known }
        let made = try await hash(Secret.base64URL(Secret.random()))
        decoy.withLock { $0 = made }
        return made
    }

    private func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let lane: Int? = waiting.withLock { counts in
            let lane = counts[0] <= counts[1] ? 0 : 1
            guard counts[lane] < Self.maximumWaiting / 2 else { return nil }
            counts[lane] += 1
            return lane
        }
        guard let lane else {
            throw GatehouseError(
                .rateLimited, "Too many logins are being checked; try again in a few seconds.",
                details: ["retryAfter": 5])
        }
        return try await withCheckedThrowingContinuation { continuation in
            queues[lane].async {
                let result = Swift.Result { try work() }
                self.waiting.withLock { $0[lane] -= 1 }
                continuation.resume(with: result)
            }
        }
    }

    private static func encode(_ password: String, salt: [UInt8], cost: Cost) throws -> String {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: 32, rounds: cost.rounds,
            blockSize: cost.blockSize, parallelism: cost.parallelism)
        let bytes = unsafe key.withUnsafeBytes { buffer in unsafe Array(buffer) }
        return [
            "scrypt", String(cost.rounds), String(cost.blockSize), String(cost.parallelism),
            Secret.base64URL(salt), Secret.base64URL(bytes),
        ].joined(separator: "$")
    }

    private static func decode(_ hash: String) -> (salt: [UInt8], cost: Cost)? {
        let parts = hash.split(separator: "$")
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Secret.bytes(base64URL: String(parts[4])),
            (2...(1 << 20)).contains(rounds), (1...32).contains(blockSize), (1...16).contains(parallelism)
        else { return nil }
        return (salt, Cost(rounds: rounds, blockSize: blockSize, parallelism: parallelism))
    }
}
