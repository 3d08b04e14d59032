// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Model
import TestSupport
import Testing

@testable import gatehoused

/// The same over TLS, with a certificate that the daemon makes.
@Suite struct TLSTests {
    @Test func `calls, consoles and events work over TLS, and the end is in order`() async throws {
        try await withGateway(GatewaySettings(isTLS: true)) { gateway in
            let admin = try await gateway.admin()
            #expect(gateway.origin.hasPrefix("https://"))
            #expect(try await admin.call("session.current")["user"]?["name"] == "admin")
            let machine = try gateway.machine()
            let socket = try await admin.console(machine)
            try await socket.send("over TLS")
            #expect(try await socket.bytes(8) == Array("over TLS".utf8))
            try await socket.send(TextSource.flood)
            #expect(try await socket.bytes(1 << 20).count == 1 << 20)
            let events = try await admin.events()
            _ = try await events.next("ready")
            let plain = try await admin.post([], but: ["Origin": gateway.origin.replacing("https", with: "http")])
            #expect(plain.status == 403)
            gateway.child?.send(SIGTERM)
            #expect(try await socket.end().code == 1001)
            _ = try await events.next("events.dropped")
            let end = await gateway.child?.wait(within: Gateway.stopLimit)
            #expect(end == .status(0))
        }
    }

    @Test func `who does not speak TLS is turned away, and the next one is served`() async throws {
        try await withGateway(GatewaySettings(isTLS: true), superuser: false) { gateway in
            for garbage in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}", "SSH-2.0-x\r\n"] {
                let connection = try await WireConnection.open(.tcp(port: gateway.port))
                try await connection.send(garbage)
                let text = try? await connection.receive("anything", within: .seconds(1)) { bytes, isClosed in
                    isClosed ? String(decoding: bytes, as: UTF8.self) : nil
                }
                #expect(text?.contains("HTTP/1.1 200") != true)
                await connection.close()
            }
            let stranger = APIClient(gateway)
            #expect(try await stranger.call("setup.status")["needed"] == true)
        }
    }

    @Test func `the certificate stays the same over a restart`() async throws {
        try await withGateway(GatewaySettings(isTLS: true), superuser: false) { gateway in
            func certificates() throws -> [Data] {
                let directory = gateway.directory.file("data")
                return try FileManager.default.subpathsOfDirectory(atPath: directory)
                    .filter { $0.hasSuffix(".pem") || $0.hasSuffix(".crt") || $0.hasSuffix(".key") }.sorted()
                    .compactMap { FileManager.default.contents(atPath: "\(directory)/\($0)") }
            }
            let before = try certificates()
            #expect(!before.isEmpty)
            await gateway.stop()
            try await gateway.start()
            #expect(try certificates() == before)
        }
    }

    /// Writes a certificate and its key; first the key, as one who renews them should.
    private func write(_ pair: SelfSignedCertificate, in folder: String) throws {
        for (text, name) in [(pair.keyPEM, "key.pem"), (pair.certificatePEM, "cert.pem")] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic)
        }
    }

    private func pair(_ name: String) throws -> SelfSignedCertificate {
        try SelfSignedCertificate(names: CertificateNames(.default, hostName: name), now: Date())
    }

    /// The certificate that a new connection gets.
    private func served(_ gateway: Gateway) async throws -> String {
        let done = try await Finished.run(
            Programs.python,
            ["-c", "import ssl; print(ssl.get_server_certificate(('127.0.0.1', \(gateway.port))), end='')"])
        try #require(done.end == .status(0), "\(done.error)")
        return done.output
    }

    @Test func `files that somebody renews are taken up without a restart, and a wrong one is not`() async throws {
        let (first, second) = (try pair("first.example.org"), try pair("second.example.org"))
        try await withGateway(
            GatewaySettings(isTLS: true, expectsErrors: true),
            prepare: { gateway in
                let folder = gateway.directory.file("conf.d")
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                try Data("listen: {tls: {certificate: cert.pem, key: key.pem}}\n".utf8)
                    .write(to: URL(fileURLWithPath: "\(folder)/10-tls.yaml"))
                try write(first, in: gateway.directory.path)
                return Launch()
            },
            { gateway in
                #expect(try await served(gateway) == first.certificatePEM)
                let admin = try await gateway.admin()
                let machine = try gateway.machine()
                let console = try await admin.console(machine)
                // A certificate without its key is told, and changes nothing.
                try Data(second.certificatePEM.utf8).write(
                    to: URL(fileURLWithPath: gateway.directory.file("cert.pem")), options: .atomic)
                try await eventually("it is refused") {
                    gateway.log.contains("error new certificate refused, the old one stays")
                }
                #expect(try await served(gateway) == first.certificatePEM)
                try write(second, in: gateway.directory.path)
                try await eventually("the new one is served") {
                    try await served(gateway) == second.certificatePEM
                }
                // Who was there before has noticed nothing.
                try await console.send("still here")
                #expect(try await console.bytes(10) == Array("still here".utf8))
            })
    }
}
