// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Logging
import Model
import Synchronization
import Testing
import X509

@testable import gatehoused

/// A directory with keepers whose clock can be moved.
private final class Place: Sendable {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)").path
    let now = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func pass(days: Double) { now.withLock { $0 += days * 86_400 } }

    func keeper(_ source: CertificateKeeper.Source) -> CertificateKeeper {
        CertificateKeeper(source: source, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            self.now.withLock { $0 }
        }
    }

    func own(_ names: CertificateNames = CertificateNames(.default, hostName: "gate.example.org")) -> CertificateKeeper
    {
        keeper(.selfSigned(directory: file("tls"), names: names))
    }

    /// Writes a pair as an administrator would and gives a keeper for it.
    func pair(_ name: String = "pair") throws -> (certificate: String, key: String) {
        let made = try SelfSignedCertificate(
            names: CertificateNames(.default, hostName: "x"), now: now.withLock { $0 })
        try write(made.certificatePEM, name + ".crt")
        try write(made.keyPEM, name + ".key")
        return (file(name + ".crt"), file(name + ".key"))
    }

    func write(_ text: String, _ name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: file(name))
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}

private func failure(_ body: () throws -> Void) -> GatehouseError? {
    do {
        try body()
        return nil
    } catch {
        return error as? GatehouseError
    }
}

@Suite struct SelfSignedCertificateTests {
    @Test func `the first start makes a pair that only Gatehouse can read`() throws {
        let place = try Place()
        let identity = try place.own().identity()
        #expect(try place.mode("tls") == 0o700)
        #expect(try place.mode("tls/key.pem") == 0o600 && place.mode("tls/certificate.pem") == 0o600)
        #expect(
            String(decoding: identity.certificateChainPEM, as: UTF8.self).hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        #expect(String(decoding: identity.privateKeyPEM, as: UTF8.self).contains("PRIVATE KEY"))
        #expect(identity.fingerprint.wholeMatch(of: #/([0-9A-F]{2}:){31}[0-9A-F]{2}/#) != nil)
        #expect(!"\(identity)".contains("KEY"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.file("tls")).count == 2)
    }

    @Test func `the certificate is one for a server and for nothing else`() throws {
        let place = try Place()
        let certificate = try place.own().identity().certificate
        #expect(certificate.version == .v3)
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(try certificate.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        let life = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        #expect(life == 397 * 86_400)
    }

    @Test func `it is for every name that browsers may use`() throws {
        var configuration = Configuration.default
        configuration.listen.address = "192.0.2.7"
        configuration.publicOrigins = ["https://Gate.example.com:8443", "https://[2001:db8::5]"].compactMap(
            WebOrigin.init)
        let names = CertificateNames(configuration, hostName: "Host.example.org")
        #expect(names.hosts == ["localhost", "host.example.org", "gate.example.com"])
        #expect(names.addresses == Set(["127.0.0.1", "::1", "192.0.2.7", "2001:db8::5"].compactMap { IPAddress($0) }))
        #expect(names.title == "gate.example.com")
        let place = try Place()
        let certificate = try place.own(names).identity().certificate
        #expect(try CertificateNames(certificate) == names)
        #expect("\(certificate.subject)".contains("gate.example.com"))
    }

    @Test func `an address for all and an odd host name are left out`() {
        let names = CertificateNames(.default, hostName: "bad_host name")
        #expect(names.hosts == ["localhost"] && names.addresses.count == 2 && names.title == "localhost")
    }

    @Test func `it stays the same until its last thirty days`() throws {
        let place = try Place()
        let first = try place.own().identity()
        place.pass(days: 366)
        #expect(!place.own().needsReload(first))
        #expect(try place.own().identity().fingerprint == first.fingerprint)
        place.pass(days: 1)
        #expect(place.own().needsReload(first))
        let second = try place.own().identity()
        #expect(second.fingerprint != first.fingerprint)
        #expect(!place.own().needsReload(second))
        let old = try Data(contentsOf: URL(fileURLWithPath: place.file("tls/certificate.pem.old")))
        #expect(Array(old) == first.certificateChainPEM)
        #expect(try place.mode("tls/key.pem.old") == 0o600)
    }

    @Test func `it is renewed when it has ended and when the clock was wrong`() throws {
        let place = try Place()
        let first = try place.own().identity()
        place.pass(days: 500)
        let second = try place.own().identity()
        place.pass(days: -500)
        let third = try place.own().identity()
        #expect(Set([first, second, third].map(\.fingerprint)).count == 3)
    }

    @Test func `other names mean another certificate`() throws {
        let place = try Place()
        let first = try place.own().identity()
        let names = CertificateNames(.default, hostName: "other.example.org")
        let second = try place.own(names).identity()
        #expect(second.fingerprint != first.fingerprint)
        #expect(try place.own(names).identity().fingerprint == second.fingerprint)
    }

    @Test(arguments: ["key.pem", "certificate.pem"], ["", "garbage", "-----BEGIN X-----\n", nil])
    func `broken files are replaced and kept`(name: String, content: String?) throws {
        let place = try Place()
        let first = try place.own().identity()
        if let content {
            try place.write(content, "tls/" + name)
        } else {
            try FileManager.default.removeItem(atPath: place.file("tls/" + name))
        }
        #expect(place.own().needsReload(first))
        let second = try place.own().identity()
        #expect(second.fingerprint != first.fingerprint)
        if let content {
            #expect(try String(contentsOfFile: place.file("tls/\(name).old"), encoding: .utf8) == content)
        }
    }

    @Test func `a half written pair of a crash is replaced`() throws {
        let place = try Place()
        _ = try place.own().identity()
        let stranger = try place.pair()
        try FileManager.default.removeItem(atPath: place.file("tls/key.pem"))
        try FileManager.default.copyItem(atPath: stranger.key, toPath: place.file("tls/key.pem"))
        try place.write("left over", "tls/key.pem.new")
        _ = try place.own().identity()
        #expect(try place.mode("tls/key.pem") == 0o600)
        #expect(!FileManager.default.fileExists(atPath: place.file("tls/key.pem.new")))
    }

    @Test func `a place that can not be written says what to do`() throws {
        let place = try Place()
        try place.write("a file", "tls")
        let error = try #require(failure { _ = try place.own().identity() })
        #expect(error.code == .storageFailed && error.message.contains("data directory"))
    }

    @Test func `the configuration decides where the certificate comes from`() {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configuration = Configuration.default
        configuration.listen.tls = .files(certificate: "/c", key: "/k")
        #expect(CertificateKeeper(configuration, logger: logger)?.source == .files(certificate: "/c", key: "/k"))
        configuration.listen.tls = .off
        #expect(CertificateKeeper(configuration, logger: logger) == nil)
        guard case .selfSigned("/var/lib/gatehouse/tls", _)? = CertificateKeeper(.default, logger: logger)?.source
        else {
            Issue.record("not self-signed")
            return
        }
    }
}

@Suite struct ConfiguredCertificateTests {
    @Test func `a pair is read and its change is seen`() throws {
        let place = try Place()
        let (certificate, key) = try place.pair()
        let keeper = place.keeper(.files(certificate: certificate, key: key))
        let first = try keeper.identity()
        #expect(!keeper.needsReload(first))
        _ = try place.pair()
        #expect(keeper.needsReload(first))
        let second = try keeper.identity()
        #expect(second.fingerprint != first.fingerprint && !keeper.needsReload(second))
        try FileManager.default.removeItem(atPath: key)
        #expect(keeper.needsReload(second))
    }

    @Test func `a change behind a symbolic link is seen`() throws {
        let place = try Place()
        let one = try place.pair("one")
        let two = try place.pair("two")
        let links = [place.file("live.crt"), place.file("live.key")]
        let files = FileManager.default
        try files.createSymbolicLink(atPath: links[0], withDestinationPath: one.certificate)
        try files.createSymbolicLink(atPath: links[1], withDestinationPath: one.key)
        let keeper = place.keeper(.files(certificate: links[0], key: links[1]))
        let first = try keeper.identity()
        for (link, target) in zip(links, [two.certificate, two.key]) {
            try files.removeItem(atPath: link)
            try files.createSymbolicLink(atPath: link, withDestinationPath: target)
        }
        #expect(keeper.needsReload(first))
        #expect(try keeper.identity().fingerprint != first.fingerprint)
    }

    @Test func `a chain is passed on in its order and other text is not`() throws {
        let place = try Place()
        let leaf = try place.pair("leaf")
        let root = try place.pair("root")
        let leafText = try String(contentsOfFile: leaf.certificate, encoding: .utf8)
        let rootText = try String(contentsOfFile: root.certificate, encoding: .utf8)
        let keyText = try String(contentsOfFile: leaf.key, encoding: .utf8)
        try place.write(leafText + rootText + keyText, "all.pem")
        let all = place.file("all.pem")
        let identity = try place.keeper(.files(certificate: all, key: all)).identity()
        #expect(String(decoding: identity.certificateChainPEM, as: UTF8.self) == leafText + rootText)
        #expect(String(decoding: identity.privateKeyPEM, as: UTF8.self) == keyText)
    }

    @Test func `a key of another certificate is refused`() throws {
        let place = try Place()
        let one = try place.pair("one")
        let two = try place.pair("two")
        let error = try #require(
            failure { _ = try place.keeper(.files(certificate: one.certificate, key: two.key)).identity() })
        #expect(error.code == .invalidParameters && error.message.contains("does not belong"))
    }

    @Test func `a certificate that has ended or not begun is refused with the day`() throws {
        let place = try Place()
        let (certificate, key) = try place.pair()
        place.pass(days: 398)
        let late = try #require(failure { _ = try place.keeper(.files(certificate: certificate, key: key)).identity() })
        #expect(late.code == .expired && late.message.contains("2028-02-"))
        place.pass(days: -400)
        let early = try #require(
            failure { _ = try place.keeper(.files(certificate: certificate, key: key)).identity() })
        #expect(early.code == .expired && early.message.contains("clock"))
    }

    @Test func `files that hold something else are refused by name and without their content`() throws {
        let place = try Place()
        let (certificate, key) = try place.pair()
        try place.write("hunter2", "text")
        try place.write("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "locked")
        try place.write("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n", "older")
        try place.write("-----BEGIN CERTIFICATE-----\nhunter2!\n-----END CERTIFICATE-----\n", "torn")
        try place.write("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "bad")
        for (certificateFile, keyFile, text) in [
            (place.file("torn"), key, "is no PEM file"), (key, key, "holds no certificate"),
            (certificate, certificate, "holds no private key"),
            (place.file("text"), key, "holds no certificate"), (certificate, place.file("locked"), "is encrypted"),
            (certificate, place.file("older"), "is encrypted"), (certificate, place.file("bad"), "can not be read"),
            (place.file("none"), key, "can not be read"),
            (certificate, place.path, "can not be read"),
        ] {
            let keeper = place.keeper(.files(certificate: certificateFile, key: keyFile))
            let error = try #require(failure { _ = try keeper.identity() })
            #expect(error.message.contains(text), "\(error)")
            #expect(!error.description.contains("hunter2"))
        }
    }
}
