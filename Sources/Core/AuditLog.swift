// SPDX-License-Identifier: Apache-2.0

package import Logging
package import Model

/// Writes down who did what; failures of writing are logged and stop nobody's work.
package struct AuditLog: Sendable {
    private let repository: any AuditRepository
    private let maximumRefusals: Int
    private let time: TimeSource
    private let logger: Logger

    /// Makes a log over a repository; of refused logins it keeps the newest `maximumRefusals`.
    package init(
        repository: any AuditRepository, maximumRefusals: Int = 10_000, time: TimeSource, logger: Logger
    ) {
        self.maximumRefusals = maximumRefusals
        self.repository = repository
        self.time = time
        self.logger = logger
    }

    /// Writes one line.
    package func record(
        _ action: String, by principal: Principal, user: String? = nil, target: String? = nil,
        outcome: AuditOutcome, detail: String? = nil
    ) async {
        let entry = AuditEntry(
            at: time.now(), user: user ?? principal.name, address: principal.address, action: action,
            target: target.map { String($0.prefix(300)) }, outcome: outcome,
            detail: detail.map { String($0.prefix(500)) })
        do {
            try await repository.append([entry], maximumRefusals: maximumRefusals)
        } catch {
            logger.error("audit line could not be written", metadata: ["action": "\(action)", "error": "\(error)"])
        }
    }

    /// Entries, newest first.
    package func entries(_ filter: AuditFilter) async throws -> (entries: [AuditEntry], more: Bool) {
        try await repository.entries(filter)
    }
}
