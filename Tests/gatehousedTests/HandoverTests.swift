// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Logging
import Model
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import gatehoused

@Suite struct HandoverTests {
    @Test(arguments: [([], nil), (["x"], 0), (["https"], 0), (["http", "https"], 1)] as [([String], Int?)])
    func `the socket named https is for browsers, or the only one`(names: [String], place: Int?) throws {
        #expect(try Handover.choice(of: names) == place)
    }

    @Test(arguments: [["a", "b"], ["https", "https"], ["unknown", "unknown"]])
    func `several sockets of which none or more than one fits are an error`(names: [String]) {
        let error = #expect(throws: GatehouseError.self) { try Handover.choice(of: names) }
        #expect(error?.message.contains("FileDescriptorName=https") == true)
    }

    @Test func `the watchdog's time is of this process, or of none`() throws {
        #expect(try Handover.watchdog(microseconds: "60000000", process: nil, own: 7) == .seconds(60))
        #expect(try Handover.watchdog(microseconds: "1", process: "7", own: 7) == .microseconds(1))
        #expect(try Handover.watchdog(microseconds: "1", process: "8", own: 7) == nil)
        #expect(try Handover.watchdog(microseconds: nil, process: "7", own: 7) == nil)
        for wrong in ["0", "-5", "", "1s", "99999999999999999999"] {
            #expect(throws: GatehouseError.self) { try Handover.watchdog(microseconds: wrong, process: nil, own: 7) }
        }
    }
}

@Suite struct ServiceNoticeTests {
    /// Runs a notice until the body is done, then stops it as the daemon does.
    private func run(
        watchdog: Duration?, serving: Bool = true, status: @escaping @Sendable () async -> String?,
        _ body: (DatagramInbox) async throws -> Void
    ) async throws -> [String] {
        let scratch = try ScratchDirectory()
        let inbox = try await DatagramInbox(path: scratch.file("n"))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let notice = ServiceNotice(
            receiver: try DatagramSender(to: scratch.file("n")), watchdog: watchdog, waitUntilServing: { serving },
            status: status, logger: logger)
        let group = ServiceGroup(configuration: .init(services: [.init(service: notice)], logger: logger))
        async let running: Void = group.run()
        try await body(inbox)
        await group.triggerGracefulShutdown()
        try await running
        if serving { _ = try await inbox.message("STOPPING") { $0.hasPrefix("STOPPING=1") } }
        await inbox.close()
        return inbox.messages
    }

    @Test func `while the daemon answers the watchdog hears it, in less than its time`() async throws {
        let messages = try await run(
            watchdog: .milliseconds(200), status: { "fine" },
            { inbox in
                let start = ContinuousClock.now
                while inbox.messages.count < 6, ContinuousClock.now - start < .seconds(10) {
                    try await Task.sleep(for: .milliseconds(5))
                }
            })
        #expect(messages.first == "READY=1\nSTATUS=fine")
        #expect(messages.last == "STOPPING=1\nSTATUS=Stopping")
        #expect(messages.dropFirst().dropLast().allSatisfy { $0 == "WATCHDOG=1\nSTATUS=fine" })
        #expect(messages.count >= 6)
    }

    @Test func `a daemon that gives no good answer, or none at all, is not said to be alive`() async throws {
        let count = Mutex(0)
        let silent = try await run(
            watchdog: .milliseconds(20),
            status: {
                count.withLock { $0 += 1 }
                return nil
            },
            { _ in
                while count.withLock({ $0 }) < 5 { try await Task.sleep(for: .milliseconds(5)) }
            })
        #expect(silent == ["READY=1\nSTATUS=Serving", "STOPPING=1\nSTATUS=Stopping"])
        let asked = Mutex(0)
        let hanging = try await run(
            watchdog: .milliseconds(20),
            status: {
                let number = asked.withLock { asked in
                    asked += 1
                    return asked
                }
                if number > 2 { try? await Task.sleep(for: .seconds(60)) }
                return Task.isCancelled ? nil : "\(number)"
            },
            { _ in
                while asked.withLock({ $0 }) < 3 { try await Task.sleep(for: .milliseconds(5)) }
                try await Task.sleep(for: .milliseconds(200))
            })
        #expect(hanging == ["READY=1\nSTATUS=1", "WATCHDOG=1\nSTATUS=2", "STOPPING=1\nSTATUS=Stopping"])
    }

    @Test func `without a watchdog nothing is said between the start and the stop`() async throws {
        let messages = try await run(
            watchdog: nil, status: { "fine" },
            { inbox in
                _ = try await inbox.message("READY")
                try await Task.sleep(for: .milliseconds(100))
            })
        #expect(messages == ["READY=1\nSTATUS=fine", "STOPPING=1\nSTATUS=Stopping"])
    }

    @Test func `a daemon that never serves is never ready`() async throws {
        let messages = try await run(
            watchdog: nil, serving: false, status: { "fine" },
            { _ in try await Task.sleep(for: .milliseconds(100)) })
        #expect(messages.isEmpty)
    }
}
