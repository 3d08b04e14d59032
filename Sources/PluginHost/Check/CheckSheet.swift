// SPDX-License-Identifier: Apache-2.0

import Model
import Synchronization

/// Collects what is found, and tells it as it comes.
final class CheckSheet: Sendable {
    private let lines = Mutex<[CheckLine]>([])
    private let tell: @Sendable (CheckLine) -> Void

    init(_ tell: @escaping @Sendable (CheckLine) -> Void) { self.tell = tell }

    var found: [CheckLine] { lines.withLock(\.self) }

    func add(_ name: String, _ outcome: CheckLine.Outcome) {
        let line = CheckLine(name: name, outcome: outcome)
        lines.withLock { $0.append(line) }
        tell(line)
    }

    /// Checks something; what is thrown is what is wrong.
    ///
    /// - Returns: what was made on the way; nil where it failed or was skipped.
    @discardableResult
    func check<Made>(_ name: String, _ body: () async throws -> (Made, note: String)) async -> Made? {
        do {
            let (made, note) = try await body()
            add(name, .passed(note))
            return made
        } catch let skip as CheckSkip {
            add(name, .skipped(skip.why))
        } catch let error as GatehouseError {
            add(name, .failed(error.message))
        } catch {
            add(name, .failed("\(error)"))
        }
        return nil
    }

    /// Checks something; what is thrown is what is wrong, what is returned is worth knowing.
    func check(_ name: String, _ body: () async throws -> String) async {
        await check(name) { () async throws -> (Void, note: String) in ((), note: try await body()) }
    }
}
