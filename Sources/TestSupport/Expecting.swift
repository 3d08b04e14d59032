// SPDX-License-Identifier: Apache-2.0

package import Model
package import Testing

/// Waits until something is so, and gives up after ten seconds.
package func eventually(
    _ what: String, at location: SourceLocation = #_sourceLocation, _ isSo: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !isSo() {
        guard ContinuousClock.now < deadline else {
            Issue.record("it never came that \(what)", sourceLocation: location)
            throw GatehouseError(.timeout, "It never came that \(what).")
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// Expects an error of that code, and gives it.
@discardableResult
package func expect<Result>(
    _ code: GatehouseError.Code, at location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Result
) async -> GatehouseError? {
    do {
        _ = try await body()
        Issue.record("it did not throw \(code)", sourceLocation: location)
        return nil
    } catch {
        let known = error as? GatehouseError
        #expect(known?.code == code, "it threw \(error)", sourceLocation: location)
        return known
    }
}
