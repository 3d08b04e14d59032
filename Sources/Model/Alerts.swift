// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// What an alert can be about.
package enum AlertKind: String, Sendable, CaseIterable {
    /// A node or a machine computes all the time.
    case cpu
    /// A node or a machine has little memory left.
    case memory
    /// Storage is nearly full.
    case disk
    /// A node does not answer.
    case unreachable
    /// A machine has crashed.
    case crashed

    /// How bad it is.
    package var severity: AlertSeverity {
        switch self {
        case .cpu, .memory, .disk: .warning
        case .unreachable, .crashed: .error
        }
    }

    /// Whether it is told from a percentage.
    package var isMeasured: Bool {
        switch self {
        case .cpu, .memory, .disk: true
        case .unreachable, .crashed: false
        }
    }
}

/// How bad something is.
package enum AlertSeverity: String, Sendable, CaseIterable {
    case info
    case warning
    case error
}

/// What makes an alert of a kind.
package struct Threshold: Sendable, Equatable {
    /// The kind.
    package var kind: AlertKind
    /// From where on, of 100; nil for a kind that is not measured.
    package var percent: Int?
    /// For how many minutes without a break.
    package var minutes: Int
    /// Whether there are alerts of the kind.
    package var isEnabled: Bool

    /// Makes a threshold.
    package init(kind: AlertKind, percent: Int?, minutes: Int, isEnabled: Bool = true) {
        self.kind = kind
        self.percent = percent
        self.minutes = minutes
        self.isEnabled = isEnabled
    }

    /// What holds until somebody sets something else.
    package static func standard(_ kind: AlertKind) -> Threshold {
        switch kind {
        case .cpu: Threshold(kind: kind, percent: 95, minutes: 15)
        case .memory: Threshold(kind: kind, percent: 95, minutes: 10)
        case .disk: Threshold(kind: kind, percent: 90, minutes: 10)
        case .unreachable: Threshold(kind: kind, percent: nil, minutes: 1)
        case .crashed: Threshold(kind: kind, percent: nil, minutes: 0)
        }
    }
}

/// Something that is wrong with a node or a machine, of a kind; there is one alert of it at a time.
package struct AlertCondition: Sendable, Hashable {
    /// The kind.
    package var kind: AlertKind
    /// The node or machine.
    package var subject: SampleSubject

    /// Makes a condition.
    package init(kind: AlertKind, subject: SampleSubject) {
        self.kind = kind
        self.subject = subject
    }
}

/// The number of an alert.
package typealias AlertID = RowID<Alert>

/// That something went wrong, and whether it still is.
package struct Alert: Sendable, Equatable, Identifiable {
    /// Its number.
    package var id: AlertID
    /// Since when.
    package var at: Date
    /// What.
    package var condition: AlertCondition
    /// The name that the node or machine had then.
    package var name: String
    /// What happened, in a sentence for people.
    package var message: String
    /// When it was over; nil while it is not.
    package var clearedAt: Date?

    /// Makes an alert.
    package init(
        id: AlertID, at: Date, condition: AlertCondition, name: String, message: String, clearedAt: Date? = nil
    ) {
        self.id = id
        self.at = at
        self.condition = condition
        self.name = name
        self.message = message
        self.clearedAt = clearedAt
    }
}

/// An alert that has no number yet.
package struct NewAlert: Sendable, Equatable {
    /// Since when.
    package var at: Date
    /// What.
    package var condition: AlertCondition
    /// The name of the node or machine.
    package var name: String
    /// What happened, in a sentence for people.
    package var message: String
    /// Who is told.
    package var users: [UserID]

    /// Makes an alert.
    package init(at: Date, condition: AlertCondition, name: String, message: String, users: [UserID]) {
        self.at = at
        self.condition = condition
        self.name = name
        self.message = message
        self.users = users
    }
}

/// An alert as one user has it.
package struct UserAlert: Sendable, Equatable {
    /// The alert.
    package var alert: Alert
    /// Whether the user has acknowledged it.
    package var isAcknowledged: Bool

    /// Makes one.
    package init(alert: Alert, isAcknowledged: Bool) {
        self.alert = alert
        self.isAcknowledged = isAcknowledged
    }
}

/// An alert with what each user who was told of it did.
package struct AlertWithCopies: Sendable, Equatable {
    /// What one user did.
    package struct Copy: Sendable, Equatable {
        /// The user.
        package var user: UserID
        /// Whether he has acknowledged it.
        package var isAcknowledged: Bool
        /// Whether he has deleted it from his list.
        package var isDeleted: Bool

        /// Makes one.
        package init(user: UserID, isAcknowledged: Bool, isDeleted: Bool) {
            self.user = user
            self.isAcknowledged = isAcknowledged
            self.isDeleted = isDeleted
        }
    }

    /// The alert.
    package var alert: Alert
    /// The users, by number.
    package var copies: [Copy]

    /// Makes one.
    package init(alert: Alert, copies: [Copy]) {
        self.alert = alert
        self.copies = copies
    }
}

/// The alerts that are kept; each user has his own copy of each that he was told of.
package protocol AlertRepository: Sendable {
    /// The alerts that are not over.
    func openAlerts() async throws -> [Alert]

    /// Keeps alerts with a copy for each user, in one transaction; of each user's copies the newest `maximum` stay.
    ///
    /// For each one comes back what was kept: nil where its machine is gone meanwhile, or where an alert of
    /// that condition is not over. Users that are gone are left out.
    func insertAlerts(_ alerts: [NewAlert], maximumPerUser maximum: Int) async throws -> [Alert?]

    /// Says that alerts are over, in one transaction; gives those who have a copy of one of them.
    func clearAlerts(_ ids: [AlertID], at date: Date) async throws -> [UserID]

    /// The newest alerts, newest first: one user's copies, or for nil all alerts.
    func alerts(of user: UserID?, limit: Int) async throws -> [UserAlert]

    /// The newest alerts with a lower number, newest first, each with every user's copy, deleted ones too.
    func alertsWithCopies(before: Int64, limit: Int) async throws -> [AlertWithCopies]

    /// Marks a user's copy of one alert, or for nil of all, as acknowledged; gives whether there was any.
    func acknowledgeAlert(_ id: AlertID?, of user: UserID, at date: Date) async throws -> Bool

    /// Notes that a user deleted his copy; gives whether there was one that he had not.
    func deleteAlert(_ id: AlertID, of user: UserID, at date: Date) async throws -> Bool

    /// Forgets alerts that were over before that time, at most a thousand; gives how many.
    func pruneAlerts(clearedBefore date: Date) async throws -> Int
}
