// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import Foundation
import Model
import TestSupport
import Testing

@Suite struct BackupMethodTests {
    @Test func `a copy of the database is for the host's administrator alone, and is written down`() async throws {
        try await APIFixture.run { fixture in
            for caller in [fixture.root, fixture.plain, TestCore.anonymous, APIFixture.plugin("all", ["*"])] {
                #expect(await fixture.failure("system.backup", as: caller)?.code == .forbidden, "\(caller.address)")
            }
            let made = try await fixture.call("system.backup", as: TestCore.local)
            let file = try #require(made["file"]?.stringValue)
            #expect(file.hasPrefix(fixture.test.directory.file("data") + "/backup-"))
            #expect(FileManager.default.fileExists(atPath: file))
            #expect(made["databaseVersion"] == .int(Int64(try await fixture.test.core.settings.schemaVersion())))
            let lines = try await fixture.call("audit.list", ["action": "system.backup"], as: fixture.root)
            let outcomes = lines["entries"]?.arrayValue?.compactMap { $0["outcome"]?.stringValue }
            #expect(outcomes?.first == "ok" && outcomes?.filter { $0 == "ok" }.count == 1)
        }
    }
}
