// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import Testing

@testable import Store

@Suite struct FailureTests {
    private let megabyte = String(repeating: "x", count: 1_000_000)

    @Test func `a full database says so and loses nothing`() async throws {
        var options = SQLiteStore.Options()
        options.prepareWriter = { db in try db.execute(sql: "PRAGMA max_page_count = 100") }
        try await withStore(options) { store in
            let node = try await store.node("n")
            let id = try await store.machine("web", on: node)
            try await store.setNotes("small", of: id)
            let error = try await requireFailure { try await store.setNotes(megabyte, of: id) }
            #expect(error.code == .storageFailed && error.message.contains("full"))
            #expect(try await store.machines().map(\.notes) == ["small"])
            try await store.setNotes("other", of: id)
            #expect(try await store.machines().map(\.notes) == ["other"])
        }
    }

    @Test(.enabled(if: Tmpfs.isPossible)) func `a full disk says so, loses nothing and heals`() async throws {
        let disk = try Tmpfs(kibibytes: 1024)
        defer { disk.unmount() }
        let store = try SQLiteStore.open(directory: disk.path + "/data", logger: quietLogger)
        let node = try await store.node("n")
        let id = try await store.machine("web", on: node)
        try await store.setNotes("small", of: id)
        let filler = disk.path + "/filler"
        disk.fill(filler)
        var failures: [GatehouseError] = []
        for number in 0..<40 {
            if let error = await failure({ try await store.setNotes("\(number)" + megabyte.prefix(50_000), of: id) }) {
                failures.append(error)
            }
        }
        let last = try #require(failures.last)
        #expect(last.code == .storageFailed && last.message.contains("full"))
        #expect(try await store.machines().count == 1)
        try FileManager.default.removeItem(atPath: filler)
        try await store.setNotes("after", of: id)
        try await store.close()
        let again = try SQLiteStore.open(directory: disk.path + "/data", logger: quietLogger)
        #expect(try await again.machines().map(\.notes) == ["after"])
        try await again.close()
    }

    @Test(.enabled(if: Tmpfs.isPossible)) func `no room for the copy means no migration`() async throws {
        let disk = try Tmpfs(kibibytes: 1024)
        defer { disk.unmount() }
        let directory = disk.path + "/data"
        let store = try SQLiteStore.open(directory: directory, logger: quietLogger)
        let id = try await store.machine("web", on: try await store.node("n"))
        try await store.setNotes(String(megabyte.prefix(200_000)), of: id)
        try await store.close()
        disk.fill(disk.path + "/filler", leaving: 120_000)
        var later = SQLiteStore.Options()
        later.schema = Schema(
            steps: Schema.current.steps + [{ db in try db.execute(sql: "CREATE TABLE t (id INTEGER) STRICT") }])
        let error = try await requireFailure {
            _ = try SQLiteStore.open(directory: directory, options: later, logger: quietLogger)
        }
        #expect(error.code == .storageFailed && error.message.contains("full"))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(!names.contains { $0.contains("before") || $0.contains("partial") })
        let again = try SQLiteStore.open(directory: directory, logger: quietLogger)
        #expect(try await again.schemaVersion() == Schema.current.version)
        try await again.close()
    }

    @Test(.enabled(if: Tmpfs.isPossible)) func `a read-only disk says so`() async throws {
        let disk = try Tmpfs(kibibytes: 1024)
        defer { disk.unmount() }
        let directory = disk.path + "/data"
        try await SQLiteStore.open(directory: directory, logger: quietLogger).close()
        try disk.remount("ro")
        let error = try await requireFailure { _ = try SQLiteStore.open(directory: directory, logger: quietLogger) }
        #expect(error.code == .storageFailed)
    }

    @Test func `a lock of another program is reported after the wait and goes away with it`() async throws {
        let scratch = Scratch()
        var options = SQLiteStore.Options()
        options.busySeconds = 0.2
        let store = try scratch.open(options)
        _ = try await store.user("ada")
        var open = Configuration()
        open.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: scratch.file("gatehouse.sqlite"), configuration: open)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        let error = try await requireFailure { _ = try await store.user("bob") }
        #expect(error.code == .storageFailed && error.message.contains("locked"))
        #expect(try await store.accessTable().users.map(\.name) == ["ada"])
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        _ = try await store.user("bob")
        try other.close()
        try await store.close()
    }

    @Test func `a file that is no database is refused and kept`() async throws {
        let scratch = Scratch()
        try FileManager.default.createDirectory(atPath: scratch.path, withIntermediateDirectories: true)
        let garbage = String(repeating: "not a database ", count: 1000)
        try garbage.write(toFile: scratch.file("gatehouse.sqlite"), atomically: true, encoding: .utf8)
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.code == .storageFailed && error.message.contains("not a database"))
        #expect(try String(contentsOfFile: scratch.file("gatehouse.sqlite"), encoding: .utf8) == garbage)
    }

    @Test func `a damaged file is refused and kept`() async throws {
        let scratch = Scratch()
        let store = try scratch.open()
        let node = try await store.node("n")
        for number in 0..<200 { _ = try await store.machine("machine\(number)", on: node) }
        try await store.close()
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: scratch.file("gatehouse.sqlite")))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 4096)
        try handle.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
        try handle.close()
        let error = try await requireFailure { _ = try scratch.open() }
        #expect(error.code == .storageFailed && error.message.contains("damaged"))
        #expect(FileManager.default.fileExists(atPath: scratch.file("gatehouse.sqlite")))
    }

    @Test func `readers go on beside a writer and see whole transactions`() async throws {
        try await withStore { store in
            let node = try await store.node("n")
            let ids = (0..<50).map { _ in MachineID(node: node, uuid: UUID()) }
            let sizes = try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask {
                    for id in 0..<10 {
                        let part = ids[(id * 5)..<(id * 5 + 5)]
                        try await store.upsertMachines(part.map { MachineRecord(id: $0, name: "m", lastSeenAt: noon) })
                    }
                    return nil
                }
                for _ in 0..<8 {
                    group.addTask {
                        var last = 0
                        for _ in 0..<20 { last = max(last, try await store.machines().count) }
                        return last
                    }
                }
                return try await group.reduce(into: [Int]()) { sizes, size in if let size { sizes.append(size) } }
            }
            #expect(sizes.allSatisfy { $0.isMultiple(of: 5) })
            #expect(try await store.machines().count == 50)
        }
    }

    @Test func `cancelled work is undone or done, and the store goes on`() async throws {
        try await withStore { store in
            let node = try await store.node("n")
            let many = (0..<5000).map { _ in
                MachineRecord(id: MachineID(node: node, uuid: UUID()), name: "m", lastSeenAt: noon)
            }
            let work = Task { try await store.upsertMachines(many) }
            try await Task.sleep(for: .milliseconds(5))
            work.cancel()
            let outcome = await work.result
            let count = try await store.machines().count
            switch outcome {
            case .success: #expect(count == 5000)
            case .failure(let error): #expect(count == 0 && error is CancellationError)
            }
        }
    }
}
