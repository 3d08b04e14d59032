// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import Testing

@testable import Store

/// A directory that is gone when the last reference to it is.
final class Scratch: Sendable {
    /// Its path; it does not exist yet.
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ options: SQLiteStore.Options = SQLiteStore.Options()) throws -> SQLiteStore {
        try SQLiteStore.open(directory: path, options: options, logger: quietLogger)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// The files in it that belong to the database, sorted.
    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    func mode(_ name: String = "") throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: name.isEmpty ? path : file(name))
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A time with milliseconds.
let noon = Date(timeIntervalSince1970: 1_800_000_000.123)

/// Runs a test on a new store and closes it.
func withStore<Value>(
    _ options: SQLiteStore.Options = SQLiteStore.Options(), _ body: (SQLiteStore) async throws -> Value
) async throws -> Value {
    let scratch = Scratch()
    let store = try scratch.open(options)
    let value = try await body(store)
    try await store.close()
    return value
}

/// Expects that the body throws an error with that code.
func expect(
    _ code: GatehouseError.Code, at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    let error = await failure(body)
    #expect(error?.code == code, sourceLocation: location)
}

/// The error that the body throws; ends the test where it throws none.
func requireFailure(
    at location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> GatehouseError {
    let error = await failure(body)
    return try #require(error, sourceLocation: location)
}

/// The error that the body throws, or nil where it throws none of ours.
func failure(_ body: () async throws -> Void) async -> GatehouseError? {
    do {
        try await body()
        return nil
    } catch {
        if !(error is GatehouseError) { Issue.record(error) }
        return error as? GatehouseError
    }
}

extension SQLiteStore {
    /// Makes a user with next to nothing given.
    func user(_ name: String, _ level: AccessLevel = .none) async throws -> User {
        try await insertUser(NewUser(name: name, level: level), passwordHash: "hash of \(name)", at: noon)
    }

    /// Makes a node and gives its number.
    func node(_ name: String) async throws -> NodeID {
        let kept = try await declareNodes([(name: name, kind: .libvirt)])
        return kept[0].id
    }

    /// Makes a machine and gives its name for good.
    func machine(_ name: String, on node: NodeID, seen: Date = noon) async throws -> MachineID {
        let id = MachineID(node: node, uuid: UUID())
        try await upsertMachines([MachineRecord(id: id, name: name, lastSeenAt: seen)])
        return id
    }

    /// A session of a user that ends after that many seconds.
    func session(of user: UserID, _ id: String, lasting seconds: Double = 60) async throws -> Session {
        let session = Session(
            id: SessionID(id), tokenHash: Array("token \(id)".utf8), user: user, kind: "web", createdAt: noon,
            lastActiveAt: noon, expiresAt: noon + seconds, address: "192.0.2.1", userAgent: "test")
        try await insertSession(session)
        return session
    }
}
