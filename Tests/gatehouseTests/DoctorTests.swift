// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import HostSystem
import JSONRPC
import Model
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import gatehouse

/// A configuration as the daemon prints it.
private func configuration(_ directory: String, _ more: [String: JSONValue] = [:]) -> DaemonConfiguration {
    let values: [String: JSONValue] = [
        "dataDirectory": .string(directory), "runDirectory": .string(directory + "/run"),
        "listen": ["address": "127.0.0.1", "port": 8443, "tls": "selfSigned"],
    ]
    return DaemonConfiguration(path: nil, values: .object(values.merging(more) { $1 }))
}

private func outcomes(_ lines: [DoctorLine], _ subject: String) -> [DoctorLine.Outcome] {
    lines.filter { $0.subject == subject }.map(\.outcome)
}

@Suite struct DoctorTests {
    @Test func `every finding that is wrong has its mend, on a line for people and as JSON`() {
        let line = DoctorLine.wrong("port", "Taken\u{1B}.", mend: "Free it.")
        #expect(line.text == "wrong    port: Taken\\u{1b}.\n         mend: Free it.\n")
        #expect(line.json == ["subject": "port", "outcome": "wrong", "finding": "Taken\u{1B}.", "mend": "Free it."])
        #expect(DoctorLine.ok("a", "b").json["mend"] == .null)
    }

    @Test func `a port that somebody has is told`() async throws {
        let scratch = try ScratchDirectory()
        let listener = try await OneListener()
        let taken = configuration(
            scratch.path, ["listen": ["address": "127.0.0.1", "port": .int(Int64(listener.port))]])
        #expect(outcomes(await PortCheck(taken, isRunning: false).lines(), "port") == [.wrong])
        #expect(outcomes(await PortCheck(taken, isRunning: true).lines(), "port") == [.ok])
        try await listener.close()
        #expect(outcomes(await PortCheck(taken, isRunning: false).lines(), "port") == [.ok])
        #expect(outcomes(await PortCheck(taken, isRunning: true).lines(), "port") == [.wrong])
        let strange = configuration(scratch.path, ["listen": ["address": "192.0.2.1", "port": 8443]])
        #expect(outcomes(await PortCheck(strange, isRunning: false).lines(), "port") == [.wrong])
    }

    @Test func `open directories and files are told, and a damaged database`() throws {
        let scratch = try ScratchDirectory()
        let files = FileManager.default
        func lines() -> [DoctorLine] { PlaceCheck(configuration(scratch.path)).lines() }
        #expect(outcomes(lines(), "data") == [.ok])
        #expect(outcomes(lines(), "database") == [.skipped])
        #expect(outcomes(lines(), "pages") == [.wrong])
        #expect(outcomes(PlaceCheck(configuration(scratch.file("none"))).lines(), "data") == [.wrong])
        try "garbage that is no database at all".write(
            toFile: scratch.file("gatehouse.sqlite"), atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scratch.file("gatehouse.sqlite"))
        #expect(outcomes(lines(), "database") == [.wrong])
        try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scratch.file("gatehouse.sqlite"))
        #expect(lines().first { $0.subject == "data" }?.mend == "chmod 600 \(scratch.path)/gatehouse.sqlite")
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
        #expect(lines().first { $0.subject == "data" }?.mend == "chmod 700 \(scratch.path)")
    }

    @Test func `a secret that is open or missing is told`() throws {
        let scratch = try ScratchDirectory()
        let secret = scratch.file("vnc")
        let nodes: JSONValue = [["name": "s", "static": [["name": "m", "passwordFile": .string(secret)]]]]
        func line() -> DoctorLine? {
            PlaceCheck(configuration(scratch.path, ["nodes": nodes])).lines().first { $0.subject == "secrets" }
        }
        #expect(line()?.outcome == .wrong)
        try "x".write(toFile: secret, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
        #expect(line()?.mend == "chmod o-rwx \(secret)")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        #expect(line()?.outcome == .ok)
    }

    @Test func `a clock that can not be right is told`() throws {
        let scratch = try ScratchDirectory()
        let here = configuration(scratch.path)
        #expect(outcomes(ClockCheck(here).lines(), "clock") == [.ok])
        #expect(outcomes(ClockCheck(here, now: Date(timeIntervalSince1970: 5)).lines(), "clock") == [.wrong])
        try "x".write(toFile: scratch.file("gatehouse.lock"), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes(
            [.modificationDate: Date.now + 7200], ofItemAtPath: scratch.file("gatehouse.lock"))
        let line = try #require(ClockCheck(here).lines().first)
        #expect(line.outcome == .wrong && line.finding.contains("gatehouse.lock"))
    }

    @Test func `nodes are as the daemon tells, and a local one needs libvirt's socket`() throws {
        let scratch = try ScratchDirectory()
        let nodes: JSONValue = [
            ["name": "here", "uri": "qemu:///system"], ["name": "there", "uri": "qemu+ssh://root@x/system"],
            ["name": "off", "uri": "test:///default"],
        ]
        let here = configuration(scratch.path, ["nodes": nodes])
        let without = LibvirtCheck(here, nodes: nil, sockets: [scratch.file("none")]).lines()
        #expect(outcomes(without, "libvirt") == [.wrong])
        #expect(outcomes(without, "node here") == [.skipped])
        try "".write(toFile: scratch.file("sock"), atomically: true, encoding: .utf8)
        let told: [JSONValue] = [
            ["name": "here", "state": "online", "machines": 2],
            ["name": "there", "state": "unreachable", "reason": "no route"], ["name": "off", "state": "disabled"],
        ]
        let lines = LibvirtCheck(here, nodes: told, sockets: [scratch.file("sock")]).lines()
        #expect(outcomes(lines, "node here") == [.ok] && outcomes(lines, "node off") == [.warning])
        let there = try #require(lines.first { $0.subject == "node there" })
        #expect(there.outcome == .wrong && there.finding.contains("no route"))
        #expect(LibvirtCheck.isLocalSystem("qemu:///system") && LibvirtCheck.isLocalSystem("qemu+unix:///system"))
        #expect(!LibvirtCheck.isLocalSystem("qemu+ssh:///system") && !LibvirtCheck.isLocalSystem("qemu:///session"))
    }

    @Test func `plugins that failed are told with their reason`() async {
        var daemon = RunningDaemon(line: .ok("daemon", ""))
        daemon.nodes = []
        daemon.plugins = [
            "plugins": [
                ["name": "a", "enabled": true, "state": "healthy"],
                ["name": "b", "enabled": true, "state": "failed", "error": "It ended."],
                ["name": "c", "enabled": true, "state": "degraded"],
                ["name": "d", "enabled": false, "state": "failed"],
            ], "sandbox": ["available": false, "reason": "no"],
        ]
        let lines = await PluginCheckup(daemon).lines()
        #expect(outcomes(lines, "plugin b") == [.wrong] && outcomes(lines, "plugin c") == [.warning])
        #expect(outcomes(lines, "plugin d") == [] && outcomes(lines, "plugins") == [])
        #expect(outcomes(lines, "sandbox") == [.wrong])
        #expect(lines.first { $0.subject == "plugin b" }?.finding.contains("It ended.") == true)
    }
}

@Suite struct CertificateCheckTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    /// Writes a certificate and its key, and looks at them.
    private func lines(
        from start: Double = -100, to end: Double = 90 * 86_400, names: [String] = ["gate.example"],
        key other: Bool = false,
        origins: [String] = ["https://gate.example"]
    ) throws -> [DoctorLine] {
        let key = P256.Signing.PrivateKey()
        let signer = Certificate.PrivateKey(key)
        let subject = try DistinguishedName { CommonName("test") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey,
            notValidBefore: .now + start, notValidAfter: .now + end, issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions { SubjectAlternativeNames(names.map { .dnsName($0) }) },
            issuerPrivateKey: signer)
        let (file, keyFile) = (scratch.file("certificate.pem"), scratch.file("key.pem"))
        try certificate.serializeAsPEM().pemString.write(toFile: file, atomically: true, encoding: .utf8)
        let kept = other ? P256.Signing.PrivateKey() : key
        try kept.pemRepresentation.write(toFile: keyFile, atomically: true, encoding: .utf8)
        let tls: JSONValue = ["certificate": .string(file), "key": .string(keyFile)]
        return CertificateCheck(
            configuration(
                scratch.path,
                ["listen": ["tls": tls], "publicOrigins": .array(origins.map(JSONValue.string))])
        ).lines()
    }

    @Test func `a good pair is good`() throws {
        let lines = try self.lines()
        #expect(lines.map(\.subject) == ["certificate", "key", "names"])
        #expect(lines.allSatisfy { $0.outcome == .ok }, "\(lines)")
    }

    @Test func `an end that has come or comes soon is told, and a start that has not come`() throws {
        #expect(outcomes(try lines(from: -200, to: -100), "certificate") == [.wrong])
        #expect(outcomes(try lines(to: 5 * 86_400), "certificate") == [.warning])
        #expect(outcomes(try lines(from: 3600), "certificate") == [.wrong])
    }

    @Test func `a key of another certificate is told`() throws {
        #expect(outcomes(try lines(key: true), "key") == [.wrong])
    }

    @Test func `names that people use must be in it`() throws {
        #expect(outcomes(try lines(origins: ["https://other.example:8443"]), "names") == [.warning])
        #expect(outcomes(try lines(names: ["*.example"]), "names") == [.ok])
        #expect(
            !CertificateCheck.covers("*.example", "a.b.example") && !CertificateCheck.covers("*.example", "example"))
    }

    @Test func `a missing certificate is made at the first start, a missing file of others is wrong`() throws {
        let own = CertificateCheck(configuration(scratch.path)).lines()
        #expect(outcomes(own, "certificate") == [.skipped])
        let tls: JSONValue = ["certificate": .string(scratch.file("x")), "key": .string(scratch.file("y"))]
        let others = CertificateCheck(configuration(scratch.path, ["listen": ["tls": tls]])).lines()
        #expect(outcomes(others, "certificate") == [.wrong])
        let off = CertificateCheck(configuration(scratch.path, ["listen": ["tls": "off"]])).lines()
        #expect(outcomes(off, "certificate") == [.ok])
    }
}
