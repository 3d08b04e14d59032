// SPDX-License-Identifier: Apache-2.0

/// What holds abuse and accidents in bounds; each has a range that makes sense.
struct Limits: Sendable, Equatable {
    /// Minutes without activity after which a session ends.
    var sessionIdleMinutes = 15
    /// Hours after which a session ends whatever happens.
    var sessionHours = 12
    /// Failed logins after which a name or an address has to wait.
    var maxLoginFailures = 5
    /// Minutes that it has to wait.
    var loginRetryMinutes = 5
    /// Consoles that one user may have open.
    var consolesPerUser = 32
    /// Console connections that one machine may have.
    var consolesPerMachine = 4
    /// Consoles that may be open in all.
    var consoles = 1000
    /// Seconds in which a console that was asked for has to be opened.
    var consoleTicketSeconds = 30
    /// Bytes of a request's body.
    var requestBytes = 1_048_576
    /// Calls in one batch.
    var batchSize = 50
    /// Depth of nesting in a request.
    var jsonDepth = 32
    /// Requests a minute from one address.
    var requestsPerMinutePerAddress = 1200
    /// Open connections in all.
    var connections = 4000
    /// Browsers that listen to events.
    var eventListeners = 500
    /// Events that wait for a slow listener before it is cut off.
    var eventBacklog = 1000
    /// Hours in which the set-up link works.
    var setupTokenHours = 24
    /// Characters that a password has at least.
    var passwordMinimumLength = 8
    /// Refused logins that the audit log keeps.
    var auditRefusals = 10_000
    /// Days after which a machine that is not seen any more is forgotten, with its privileges.
    var forgetMachinesDays = 90

    /// One limit: its key, where it is kept, what is allowed, and what it means.
    struct Entry {
        let key: String
        let value: WritableKeyPath<Limits, Int>
        let range: ClosedRange<Int>
        let meaning: String
    }

    /// Every limit, in the order in which they are printed.
    static var entries: [Entry] { sessionEntries + consoleEntries + requestEntries + keepingEntries }

    private static var sessionEntries: [Entry] {
        [
            Entry(
                key: "sessionIdleMinutes", value: \.sessionIdleMinutes, range: 1...1440,
                meaning: "minutes without activity after which a session ends"),
            Entry(
                key: "sessionHours", value: \.sessionHours, range: 1...168,
                meaning: "hours after which a session ends whatever happens"),
            Entry(
                key: "maxLoginFailures", value: \.maxLoginFailures, range: 1...100,
                meaning: "failed logins after which a name or an address has to wait"),
            Entry(
                key: "loginRetryMinutes", value: \.loginRetryMinutes, range: 1...1440,
                meaning: "minutes that it has to wait"),
            Entry(
                key: "setupTokenHours", value: \.setupTokenHours, range: 1...720,
                meaning: "hours in which the set-up link works"),
            Entry(
                key: "passwordMinimumLength", value: \.passwordMinimumLength, range: 8...128,
                meaning: "characters that a password has at least"),
        ]
    }

    private static var consoleEntries: [Entry] {
        [
            Entry(
                key: "consolesPerUser", value: \.consolesPerUser, range: 1...1000,
                meaning: "consoles that one user may have open"),
            Entry(
                key: "consolesPerMachine", value: \.consolesPerMachine, range: 1...100,
                meaning: "console connections that one machine may have"),
            Entry(
                key: "consoles", value: \.consoles, range: 1...10_000,
                meaning: "consoles that may be open in all"),
            Entry(
                key: "consoleTicketSeconds", value: \.consoleTicketSeconds, range: 5...300,
                meaning: "seconds in which a console that was asked for has to be opened"),
        ]
    }

    private static var requestEntries: [Entry] {
        [
            Entry(
                key: "requestBytes", value: \.requestBytes, range: 4096...67_108_864,
                meaning: "bytes of a request's body"),
            Entry(key: "batchSize", value: \.batchSize, range: 1...1000, meaning: "calls in one batch"),
            Entry(key: "jsonDepth", value: \.jsonDepth, range: 4...128, meaning: "depth of nesting in a request"),
            Entry(
                key: "requestsPerMinutePerAddress", value: \.requestsPerMinutePerAddress, range: 10...1_000_000,
                meaning: "requests a minute from one address"),
            Entry(
                key: "connections", value: \.connections, range: 10...100_000,
                meaning: "open connections in all"),
            Entry(
                key: "eventListeners", value: \.eventListeners, range: 1...10_000,
                meaning: "browsers that listen to events"),
            Entry(
                key: "eventBacklog", value: \.eventBacklog, range: 10...100_000,
                meaning: "events that wait for a slow listener before it is cut off"),
        ]
    }

    private static var keepingEntries: [Entry] {
        [
            Entry(
                key: "auditRefusals", value: \.auditRefusals, range: 0...1_000_000,
                meaning: "refused logins that the audit log keeps"),
            Entry(
                key: "forgetMachinesDays", value: \.forgetMachinesDays, range: 1...36_500,
                meaning: "days after which a machine not seen any more is forgotten, with its privileges"),
        ]
    }
}
