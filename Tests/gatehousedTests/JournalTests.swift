// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostSystem
import Logging
import TestSupport
import Testing

@testable import gatehoused

/// A journal's socket, and what came there, read as the journal reads it.
@Suite struct JournalTests {
    private func fields(_ entry: String) throws -> [String: String] {
        var rest = Array(entry.utf8)[...]
        var fields: [String: String] = [:]
        while !rest.isEmpty {
            let name = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(name.count)
            var value: ArraySlice<UInt8>
            if rest.first == UInt8(ascii: "=") {
                value = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
                rest = rest.dropFirst(1 + value.count)
            } else {
                let size = rest.dropFirst().prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                value = rest.dropFirst(9).prefix(size)
                rest = rest.dropFirst(9 + size)
            }
            try #require(rest.first == UInt8(ascii: "\n"))
            rest = rest.dropFirst()
            fields[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        return fields
    }

    @Test func `a log line is an entry with its level and its metadata in fields`() async throws {
        let scratch = try ScratchDirectory()
        let inbox = try await DatagramInbox(path: scratch.file("j"))
        var log = StandardLog(label: "gatehouse", showsTime: false)
        log.journal = try Journal(path: scratch.file("j"))
        let logger = Logger(label: "gatehouse") { [log] _ in log }
        logger.warning(
            "certificate refused", metadata: ["notAfter": "2026", "why-not": "two\nlines", "päth": "/x y"])
        let found = try fields(try await inbox.message("entry"))
        #expect(found["PRIORITY"] == "4" && found["SYSLOG_IDENTIFIER"] == "gatehouse")
        #expect(found["MESSAGE"]?.hasPrefix("certificate refused notAfter=2026 ") == true)
        #expect(found["MESSAGE"]?.contains("\n") == false)
        #expect(found["GATEHOUSE_NOTAFTER"] == "2026" && found["GATEHOUSE_WHY_NOT"] == "two\nlines")
        #expect(found["GATEHOUSE_P_TH"] == "/x y")
        #expect(found.count == 6)
        await inbox.close()
    }

    @Test(
        arguments: zip(
            [Logger.Level.critical, .error, .warning, .notice, .info, .debug, .trace], [2, 3, 4, 5, 6, 7, 7]))
    func `each level has its number`(level: Logger.Level, priority: Int) throws {
        let entry = JournalEntry(text: "x", level: level, metadata: [:])
        #expect(try fields(String(decoding: entry.bytes, as: UTF8.self))["PRIORITY"] == "\(priority)")
    }

    @Test func `an entry has limits`() throws {
        let long = String(repeating: "x", count: 100_000)
        let many = Dictionary(uniqueKeysWithValues: (0..<100).map { ("key\($0)", Logger.MetadataValue.string("v")) })
        let entry = JournalEntry(text: long, level: .info, metadata: many.merging([long: "a"]) { $1 })
        let found = try fields(String(decoding: entry.bytes, as: UTF8.self))
        #expect(found["MESSAGE"]?.utf8.count == JournalEntry.mostBytes)
        #expect(found.count == 3 + JournalEntry.mostFields)
        #expect(found.keys.allSatisfy { $0.utf8.count <= 64 })
    }

    @Test func `the journal is spoken to only where the standard error leads there`() throws {
        let scratch = try ScratchDirectory()
        let own = try #require(StandardStream.error.identity).map(String.init).joined(separator: ":")
        #expect(Journal.behindStandardError(stream: own, path: scratch.file("j")) != nil)
        for other in [nil, "", "1:2", own + "0", "x"] {
            #expect(Journal.behindStandardError(stream: other, path: scratch.file("j")) == nil)
        }
    }

    @Test func `an entry that the journal does not take is not lost`() throws {
        let scratch = try ScratchDirectory()
        let journal = try Journal(path: scratch.file("nobody"))
        #expect(!journal.write(JournalEntry(text: "x", level: .info, metadata: [:])))
    }
}
