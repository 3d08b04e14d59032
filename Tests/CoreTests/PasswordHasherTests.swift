// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

@testable import Core

@Suite struct PasswordHasherTests {
    private let hasher = PasswordHasher(cost: .test)

    @Test func `only the right password fits its hash`() async throws {
        let hash = try await hasher.hash("correct horse")
        #expect(try await hasher.verify("correct horse", against: hash))
        #expect(try await !hasher.verify("correct horsf", against: hash))
        #expect(try await !hasher.verify("", against: hash))
        #expect(!hash.contains("horse"))
    }

    @Test func `the same password never has the same hash`() async throws {
        let hashes = [try await hasher.hash("correct horse"), try await hasher.hash("correct horse")]
        #expect(hashes[0] != hashes[1])
    }

    @Test func `no password fits where there is no hash`() async throws {
        #expect(try await !hasher.verify("correct horse", against: nil))
        #expect(try await !hasher.verify("", against: nil))
    }

    @Test(arguments: [
        "", "x", "scrypt$16$8$1$AAAA", "bcrypt$16$8$1$AAAA$AAAA", "scrypt$0$8$1$AAAA$AAAA",
        "scrypt$99999999$8$1$AAAA$AAAA", "scrypt$16$8$1$A=$AAAA",
    ])
    func `a hash that can not be read is an error and no match`(hash: String) async {
        await expect(.internal) { try await hasher.verify("correct horse", against: hash) }
    }

    @Test func `a hash of a lower cost is outdated and still fits`() async throws {
        let cheap = try await PasswordHasher(cost: .test).hash("correct horse")
        let dear = PasswordHasher(cost: PasswordHasher.Cost(rounds: 64, blockSize: 8, parallelism: 1))
        #expect(dear.isOutdated(cheap))
        #expect(!hasher.isOutdated(cheap))
        #expect(try await dear.verify("correct horse", against: cheap))
    }

    @Test func `the product's cost is what RFC 7914 advises or more`() {
        #expect(PasswordHasher.Cost.standard.rounds >= 1 << 15)
        #expect(PasswordHasher.Cost.standard.blockSize >= 8)
    }

    @Test func `only so many wait; the others are told when to come again`() async throws {
        let slow = PasswordHasher(cost: PasswordHasher.Cost(rounds: 1 << 10, blockSize: 8, parallelism: 1))
        let outcomes = await withTaskGroup(of: GatehouseError?.self, returning: [GatehouseError?].self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        _ = try await slow.hash("correct horse")
                        return nil
                    } catch {
                        return error as? GatehouseError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let refused = outcomes.compactMap { $0 }
        #expect(outcomes.count == 200)
        #expect(outcomes.count - refused.count >= 32)
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.code == .rateLimited && $0.details["retryAfter"] == 5 })
        _ = try await slow.hash("it works again afterwards")
    }
}
