// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Model
import TestSupport
import Testing

/// Whoever started the daemon hears how it is.
@Suite struct NoticeTests {
    @Test func `a service manager hears of the start, the life and the stop`() async throws {
        let scratch = try ScratchDirectory()
        let inbox = try await DatagramInbox(path: scratch.file("notify"))
        try await withGateway(
            superuser: false,
            prepare: { _ in
                Launch(environment: ["NOTIFY_SOCKET": scratch.file("notify"), "WATCHDOG_USEC": "400000"])
            },
            { gateway in
                let ready = try await inbox.message("READY=1") { $0.hasPrefix("READY=1\n") }
                #expect(ready.contains("STATUS=Serving at \(gateway.origin)"))
                #expect(ready.contains("run `gatehouse setup-link`"))
                #expect(FileManager.default.fileExists(atPath: gateway.socketPath))
                #expect(inbox.messages.first == ready)
                try await gateway.addSuperuser("admin")
                inbox.clear()
                try await eventually("it is alive") { inbox.messages.count { $0.hasPrefix("WATCHDOG=1\n") } > 3 }
                try await eventually("the state is up to date") {
                    inbox.messages.last?.contains("nodes online") == true
                        && inbox.messages.last?.contains("setup-link") == false
                }
                #expect(!inbox.messages.contains { $0.contains("READY") })
                inbox.clear()
                await gateway.stop()
                #expect(inbox.messages.last?.hasPrefix("STOPPING=1\n") == true)
            })
        await inbox.close()
    }

    @Test func `an abstract socket and a watchdog that is meant for another process`() async throws {
        let inbox = try await AbstractInbox()
        try await withGateway(
            superuser: false,
            prepare: { _ in
                Launch(environment: ["NOTIFY_SOCKET": inbox.name, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"])
            },
            { gateway in
                try await eventually("it is ready") { inbox.text.contains("READY=1\n") }
                try await Task.sleep(for: .milliseconds(500))
                await gateway.stop()
                try await eventually("it stops") { inbox.text.contains("STOPPING=1\n") }
                #expect(!inbox.text.contains("WATCHDOG=1"))
            })
        await inbox.end()
    }

    @Test func `nobody who listens ends nothing`() async throws {
        try await withGateway(
            superuser: false,
            prepare: { _ in Launch(environment: ["NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "300000"]) },
            { gateway in
                try await eventually("it is said") { gateway.log.contains("the service manager can not be told") }
                await gateway.stop()
            })
    }

    @Test(
        .enabled(
            if: !FileManager.default.fileExists(atPath: "/run/systemd/journal/socket"),
            "a journal runs on this host, which would take the lines"))
    func `without a journal its lines are written where they would have gone`() async throws {
        try await withGateway(
            superuser: false,
            prepare: { gateway in
                _ = FileManager.default.createFile(atPath: gateway.logPath, contents: nil)
                let status = try FileManager.default.attributesOfItem(atPath: gateway.logPath)
                let device = (status[.systemNumber] as? NSNumber)?.uint64Value ?? 0
                let file = (status[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
                return Launch(environment: ["JOURNAL_STREAM": "\(device):\(file)"])
            },
            { gateway in
                try await eventually("the line is there") { gateway.log.contains("info ready address=") }
            })
    }
}
