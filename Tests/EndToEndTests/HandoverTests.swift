// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import JSONRPC
import Model
import Synchronization
import TestSupport
import Testing

/// A socket that listened before the daemon began is served, and nobody who connects to it is turned away.
@Suite struct HandoverTests {
    private static let socketActivate = "/usr/bin/systemd-socket-activate"

    /// Stays the child in the tool's place: the tool closes every descriptor, among them the one by which Foundation
    /// hears of an end, and Foundation then waits for that process and hears of no other.
    private static let standIn = """
        import signal, subprocess, sys
        child = subprocess.Popen(sys.argv[1:])
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        sys.exit(child.wait())
        """
    private static let request = WireRequest("GET", "/healthz", headers: [("Host", "x")])

    private func waiting(_ count: Int, on gateway: Gateway) async throws -> [WireConnection] {
        var connections: [WireConnection] = []
        for _ in 0..<count {
            let connection = try await gateway.connect()
            try await connection.send(Self.request.bytes)
            connections.append(connection)
        }
        return connections
    }

    private func expectAnswers(_ connections: [WireConnection]) async throws {
        for connection in connections {
            let answer = try await connection.answer()
            #expect(answer.status == 200)
            #expect(answer["server"] == "Gatehouse")
            #expect(answer["date"]?.hasSuffix("GMT") == true)
            await connection.close()
        }
    }

    @Test func `connections that were made before the daemon ran are served, and so are later ones`() async throws {
        let early = Mutex<[WireConnection]>([])
        let listener = Mutex<TestListener?>(nil)
        try await withGateway(
            prepare: { gateway in
                let made = try TestListener(port: gateway.port)
                listener.withLock { $0 = made }
                let connections = try await waiting(200, on: gateway)
                early.withLock { $0 = connections }
                return .inheriting(made)
            },
            { gateway in
                try await expectAnswers(early.withLock { $0 })
                try await expectAnswers(try await waiting(20, on: gateway))
                let admin = try await gateway.admin()
                let machine = try gateway.machine()
                let console = try await admin.console(machine)
                try await console.send("hello")
                #expect(try await console.bytes(5) == Array("hello".utf8))
                #expect(gateway.log.contains("address=\(gateway.origin)"))

                // The next daemon, which an upgrade starts, takes up what has come meanwhile.
                gateway.child?.send(SIGTERM)
                #expect(try await console.end().code == 1001)
                await gateway.stop()
                let meanwhile = try await waiting(200, on: gateway)
                let again = try #require(listener.withLock { $0 })
                try await gateway.start(.inheriting(again, names: nil))
                try await expectAnswers(meanwhile)
            })
    }

    @Test func `who comes while one daemon ends and the next begins is never refused`() async throws {
        let listener = Mutex<TestListener?>(nil)
        try await withGateway(
            superuser: false,
            prepare: { gateway in
                let made = try TestListener(port: gateway.port)
                listener.withLock { $0 = made }
                return .inheriting(made)
            },
            { gateway in
                let made = try #require(listener.withLock { $0 })
                let isOver = Mutex(false)
                async let connections = { () async throws -> [WireConnection] in
                    var all: [WireConnection] = []
                    while !isOver.withLock({ $0 }) {
                        let connection = try await gateway.connect()
                        try? await connection.send(Self.request.bytes)
                        all.append(connection)
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    return all
                }()
                try await Task.sleep(for: .milliseconds(300))
                await gateway.stop()
                try await gateway.start(.inheriting(made))
                try await Task.sleep(for: .milliseconds(300))
                isOver.withLock { $0 = true }
                // One that the old daemon had taken may be closed by its end; then no answer had begun.
                var answered = 0
                let all = try await connections
                for connection in all {
                    let answer = try? await connection.answer()
                    if let answer {
                        #expect(answer.status == 200)
                        answered += 1
                    } else {
                        #expect(connection.isClosed)
                    }
                    await connection.close()
                }
                #expect(all.count > 50)
                #expect(all.count - answered <= 5, "\(all.count - answered) of \(all.count) got no answer")
            })
    }

    @Test func `calls and pages over TLS work on a socket that was handed over`() async throws {
        try await withGateway(
            GatewaySettings(isTLS: true),
            prepare: { .inheriting(try TestListener(port: $0.port, address: "0.0.0.0")) },
            { gateway in
                let admin = try await gateway.admin()
                #expect(try await admin.call("session.current")["user"]?["name"] == "admin")
            })
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: socketActivate), "the tool is missing"))
    func `systemd's own tool hands the socket over`() async throws {
        try await withGateway(
            prepare: { gateway in
                Launch(
                    program: Programs.python,
                    arguments: [
                        "-c", Self.standIn, Self.socketActivate, "--listen=127.0.0.1:\(gateway.port)",
                        "--fdname=https", "-E", "GATEHOUSE_TEST", Programs.daemon,
                    ])
            },
            { gateway in
                let admin = try await gateway.admin()
                #expect(try await admin.call("session.current")["user"]?["name"] == "admin")
            })
    }

    @Test func `what can not be used is said in words`() async throws {
        try await expectRefusal("named https") { .inheriting($0, times: 2, names: "one:two") }
        try await expectRefusal("more than one") { .inheriting($0, times: 2, names: "https:https") }
        try await expectRefusal("does not listen", isListening: false) { .inheriting($0) }
        try await expectRefusal("TLS is off", address: "0.0.0.0") { .inheriting($0) }
        try await expectRefusal("NOTIFY_SOCKET") { .inheriting($0, environment: ["NOTIFY_SOCKET": "relative"]) }
        try await expectRefusal("WATCHDOG_USEC") { .inheriting($0, environment: ["WATCHDOG_USEC": "soon"]) }
    }

    private func expectRefusal(
        _ words: String, address: String = "127.0.0.1", isListening: Bool = true,
        at location: SourceLocation = #_sourceLocation, _ launch: (TestListener) -> Launch
    ) async throws {
        let gateway = try await Gateway()
        let listener = try TestListener(port: gateway.port, address: address, isListening: isListening)
        let launch = launch(listener)
        let child = try Child(
            launch.program, launch.arguments + ["--config", gateway.configurationPath],
            environment: launch.environment, inherited: launch.inherited, output: gateway.logPath,
            error: gateway.logPath)
        let end = await child.wait(within: .seconds(15))
        if end == nil { child.send(SIGKILL) }
        #expect(end == .status(1), sourceLocation: location)
        #expect(gateway.log.contains(words), "\(gateway.log)", sourceLocation: location)
        await gateway.source.close()
    }

    @Test func `the one named https is taken among several`() async throws {
        try await withGateway(
            superuser: false,
            prepare: { .inheriting(try TestListener(port: $0.port), times: 2, names: "other:https") },
            { try await expectAnswers(try await waiting(3, on: $0)) })
    }

    @Test func `no child of the daemon sees what was handed over`() async throws {
        let inbox = try ScratchDirectory()
        let receiver = try await DatagramInbox(inbox.file("notify"))
        var settings = GatewaySettings(staged: ["Examples/hello-python"])
        settings.plugins = [["name": "hello-python", "enabled": true]]
        try await withGateway(
            settings,
            prepare: {
                .inheriting(
                    try TestListener(port: $0.port),
                    environment: ["NOTIFY_SOCKET": inbox.file("notify"), "WATCHDOG_USEC": "60000000"])
            },
            { gateway in
                let pid = try #require(gateway.child?.pid)
                let mine = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/3")
                try await eventually("there are children") { !ProcessTree.descendants(of: pid).isEmpty }
                try await Task.sleep(for: .milliseconds(300))
                for child in ProcessTree.descendants(of: pid) {
                    let environment = FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data()
                    for name in ["LISTEN_", "NOTIFY_SOCKET", "WATCHDOG_"] {
                        #expect(environment.firstRange(of: Data(name.utf8)) == nil, "\(name) in \(child)")
                    }
                    let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd")) ?? []
                    for number in open {
                        let target = try? FileManager.default.destinationOfSymbolicLink(
                            atPath: "/proc/\(child)/fd/\(number)")
                        #expect(target != mine, "the socket is open in \(child)")
                    }
                }
            })
        await receiver.close()
    }
}
