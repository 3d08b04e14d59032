// SPDX-License-Identifier: Apache-2.0

import Foundation
import HostSystem
import Model
import TestSupport
import Testing

@testable import Backup

/// Keeps what it is given.
private struct Memory: BackupReceiver {
    var head: BackupHead?
    var files: [String: [UInt8]] = [:]
    private var current: [UInt8] = []

    mutating func begin(_ head: BackupHead) { self.head = head }
    mutating func begin(_ part: BackupPart) { current = [] }
    mutating func take(_ bytes: ArraySlice<UInt8>) { current += bytes }
    mutating func end(_ part: BackupPart) { files[part.name.text] = current }
}

/// A backup in a directory of a test's own.
private struct BackupFixture {
    static let head = BackupHead(gatehouse: "1.2.3", databaseVersion: 4, madeAt: "2030-01-01T00:00:00Z", host: "h")
    static let cheap = KeyCost(logRounds: 4, blockSize: 1, parallelism: 1)

    let directory: ScratchDirectory
    let path: String

    init(_ files: [(String, [UInt8])], passphrase: String? = nil) throws {
        directory = try ScratchDirectory()
        path = directory.file("backup")
        let file = try OpenDescriptor.newFile(at: path, mode: 0o600)
        var writer = try BackupWriter(file, head: Self.head, passphrase: passphrase, cost: Self.cheap)
        for (index, (name, content)) in files.enumerated() {
            let source = directory.file("source-\(index)")
            try Data(content).write(to: URL(fileURLWithPath: source))
            try writer.add(try #require(PartName(name)), from: try OpenDescriptor.file(at: source))
        }
        _ = try writer.finish()
    }

    func read(_ passphrase: String? = nil) throws -> (Memory, BackupManifest) {
        var reader = try BackupReader(try OpenDescriptor.file(at: path))
        if let passphrase { try reader.unlock(passphrase) }
        var memory = Memory()
        let manifest = try reader.read(&memory)
        return (memory, manifest)
    }

    var bytes: [UInt8] {
        get throws { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
    }

    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}

private let files: [(String, [UInt8])] = [
    ("data/gatehouse.sqlite", (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }),
    ("data/tls/key.pem", Array("secret key".utf8)), ("data/plugins/data/oms/deep/empty", []),
    ("config/gatehouse.yaml", Array("{}".utf8)), ("config/conf.d/50-debconf.yaml", Array("listen: {}".utf8)),
]

private func failure(_ body: () throws -> Void) -> GatehouseError? {
    do {
        try body()
        return nil
    } catch {
        return error as? GatehouseError
    }
}

@Suite struct BackupFileTests {
    @Test(arguments: [nil, "correct horse"])
    func `what was written comes back, with its digests`(passphrase: String?) throws {
        let fixture = try BackupFixture(files, passphrase: passphrase)
        let (memory, manifest) = try fixture.read(passphrase)
        #expect(memory.head == BackupFixture.head && manifest.head == BackupFixture.head)
        #expect(memory.files == Dictionary(uniqueKeysWithValues: files))
        #expect(manifest.parts.map(\.name.text) == files.map(\.0))
        #expect(manifest.parts.map(\.size) == files.map(\.1.count))
        // SHA-256 of "{}".
        #expect(manifest.parts[3].digest == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
    }

    @Test func `an encrypted backup shows nothing of its content, and none is like another`() throws {
        let first = try BackupFixture(files, passphrase: "correct horse")
        let second = try BackupFixture(files, passphrase: "correct horse")
        let bytes = Data(try first.bytes)
        for text in ["secret key", "gatehouse.sqlite", "1.2.3"] { #expect(bytes.range(of: Data(text.utf8)) == nil) }
        #expect(try first.bytes != second.bytes)
        let open = Data(try BackupFixture(files).bytes)
        #expect(open.range(of: Data("secret key".utf8)) != nil)
    }

    @Test func `a wrong passphrase is told apart from a damaged file, and none is asked for`() throws {
        let fixture = try BackupFixture(files, passphrase: "correct horse")
        #expect(failure { _ = try fixture.read("wrong horse") }?.code == .forbidden)
        #expect(failure { _ = try fixture.read() }?.message.contains("--passphrase-file") == true)
        let short = failure { _ = try BackupFixture(files, passphrase: "short") }
        #expect(short?.code == .invalidParameters)
    }

    @Test(arguments: [nil, "correct horse"])
    func `a changed byte is found wherever it is`(passphrase: String?) throws {
        let fixture = try BackupFixture(files, passphrase: passphrase)
        let whole = try fixture.bytes
        let places = Array(0..<130) + stride(from: 130, to: whole.count, by: 40_009) + [whole.count - 1]
        for place in places {
            var bytes = whole
            bytes[place] ^= 0x10
            try fixture.write(bytes)
            let error = failure { _ = try fixture.read(passphrase) }
            #expect(
                [.storageFailed, .unsupported].contains(error?.code), "byte \(place): \(String(describing: error))")
        }
    }

    @Test(arguments: [nil, "correct horse"])
    func `a file that is cut off or goes on is refused`(passphrase: String?) throws {
        let fixture = try BackupFixture(files, passphrase: passphrase)
        let whole = try fixture.bytes
        for count in [0, 5, 18, 19, 40, whole.count / 2, whole.count - 1] {
            try fixture.write(Array(whole.prefix(count)))
            #expect(failure { _ = try fixture.read(passphrase) }?.code == .storageFailed, "\(count) bytes")
        }
        try fixture.write(whole + [0])
        #expect(failure { _ = try fixture.read(passphrase) }?.code == .storageFailed)
    }

    @Test func `pieces that change places are found`() throws {
        let fixture = try BackupFixture(files)
        let whole = try fixture.bytes
        let start = FileHead.startBytes + 32
        let length = 4 + BackupFormat.chunkBytes + 32
        let first = whole[start..<start + length]
        let second = whole[start + length..<start + 2 * length]
        try fixture.write(Array(whole[..<start] + second + first + whole[(start + 2 * length)...]))
        #expect(failure { _ = try fixture.read() }?.message.contains("damaged") == true)
    }

    @Test func `a later format is refused by name`() throws {
        let fixture = try BackupFixture(files)
        var bytes = try fixture.bytes
        bytes[BackupFormat.magic.count] = 9
        try fixture.write(bytes)
        let error = failure { _ = try fixture.read() }
        #expect(error?.code == .unsupported && error?.message.contains("format 9") == true)
    }

    @Test func `a file that asks for more memory than a host has is refused`() throws {
        for cost in [
            KeyCost(logRounds: 30, blockSize: 8, parallelism: 1), KeyCost(logRounds: 20, blockSize: 16, parallelism: 1),
            KeyCost(logRounds: 4, blockSize: 0, parallelism: 1),
        ] {
            let lock = FileHead.Lock(
                salt: .init(repeating: 1, count: 16), cost: cost, proof: .init(repeating: 2, count: 32))
            #expect(failure { _ = try FileHead(FileHead(lock: lock).bytes) }?.code == .storageFailed)
        }
    }

    @Test func `what is no backup is refused`() throws {
        let fixture = try BackupFixture(files)
        for content in ["", "SQLite format 3\u{0}", String(repeating: "x", count: 5000)] {
            try fixture.write(Array(content.utf8))
            #expect(failure { _ = try fixture.read() }?.message.contains("no backup") == true)
        }
    }
}

@Suite struct PartNameTests {
    @Test(arguments: [
        "data/gatehouse.sqlite", "config/gatehouse.yaml", "config/conf.d/a.yaml", "data/tls/key.pem",
        "data/plugins/data/a/b", "data/plugins/data/a/b/c d/ü",
    ])
    func `a file of an appliance has its place`(name: String) {
        #expect(PartName(name)?.text == name)
    }

    @Test(arguments: [
        "", "/", "data", "/etc/passwd", "data/../etc/passwd", "data/tls/../../x", "data/tls/a/b", "data/tls/",
        "data/tls//key.pem", "data/plugins/data/a", "data/plugins/data/a/./b", "data/plugins/data/a/..",
        "data/plugins/data/a/b\u{0}", "data/gatehouse.lock", "config/other.yaml", "config/conf.d/a/b", "x/y",
        "data/plugins/store/a/b",
    ])
    func `every other path is refused`(name: String) {
        #expect(PartName(name) == nil)
    }
}
