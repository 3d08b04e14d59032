// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// How an audited action ended.
package enum AuditOutcome: String, Sendable {
    case ok
    /// The caller had no right to it or gave wrong credentials.
    case refused
    /// It was tried and did not work.
    case failed
}

/// One line of the audit log.
package struct AuditEntry: Sendable, Equatable {
    /// Its number; zero until it is kept.
    package var id: Int64
    /// When.
    package var at: Date
    /// The user's name then, where one is known.
    package var user: String?
    /// The client's address, where there is one.
    package var address: String?
    /// The method, such as `machine.start`.
    package var action: String
    /// What it was done to, in words that last.
    package var target: String?
    /// How it ended.
    package var outcome: AuditOutcome
    /// More, at most 500 characters; never a secret.
    package var detail: String?

    /// Makes an entry.
    package init(
        id: Int64 = 0, at: Date, user: String?, address: String?, action: String, target: String? = nil,
        outcome: AuditOutcome, detail: String? = nil
    ) {
        self.id = id
        self.at = at
        self.user = user
        self.address = address
        self.action = action
        self.target = target
        self.outcome = outcome
        self.detail = detail
    }
}

/// Which entries to list.
package struct AuditFilter: Sendable, Equatable {
    /// Only entries with a lower number.
    package var before: Int64?
    /// At most that many, 1 to 500.
    package var limit: Int
    /// Only of that user.
    package var user: String?
    /// Only actions that start with this.
    package var action: String?
    /// Only what was done to one of these, such as `machine=UUID`; empty for everything.
    ///
    /// Capitals do not count.
    package var targets: [String]

    /// Makes a filter.
    package init(
        before: Int64? = nil, limit: Int = 100, user: String? = nil, action: String? = nil, targets: [String] = []
    ) {
        self.before = before
        self.limit = limit
        self.user = user
        self.action = action
        self.targets = targets
    }
}

/// The audit log.
package protocol AuditRepository: Sendable {
    /// Adds entries in one transaction.
    ///
    /// Of refused logins at most `maximumRefusals` are kept; the oldest of them go first.
    func append(_ entries: [AuditEntry], maximumRefusals: Int) async throws

    /// Entries, newest first, and whether there are more.
    func entries(_ filter: AuditFilter) async throws -> (entries: [AuditEntry], more: Bool)
}

/// Configuration values that are changed at run time and win over the file.
package protocol SettingRepository: Sendable {
    /// Every value that is kept.
    func settings() async throws -> [String: JSONValue]
    /// Keeps a value, or forgets it for nil.
    func setSetting(_ name: String, to value: JSONValue?) async throws
    /// The version of the database's layout.
    func schemaVersion() async throws -> Int
}
