// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Model
import TestSupport
import Testing

@testable import Libvirt

/// Text consoles of the demo's guest, which has a shell on its serial port.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: PrivateLibvirtd.absence == nil, "\(PrivateLibvirtd.absence ?? "")"),
    .enabled(if: PrivateLibvirtd.guest != nil, "the demo's guest has not been built"))
struct TextConsoleTests {
    static let uuid = TestNode.uuid(0xC0DE)

    /// Runs a body with the guest at its prompt.
    private func withGuest(
        _ body: @Sendable (PrivateLibvirtd, LibvirtHypervisor, EventRecord) async throws -> Void
    ) async throws {
        try await PrivateLibvirtd.with { libvirtd in
            let define = PrivateLibvirtd.script("define-guest.sh")
            let guest = try #require(PrivateLibvirtd.guest)
            let outcome = try await Program.run(
                "/bin/bash", [define, libvirtd.uri, "guest", Self.uuid.uuidString.lowercased(), guest])
            try #require(outcome.status == 0, "\(outcome.output)")
            let hypervisor = try TestNode.hypervisor(libvirtd.uri)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                try await hypervisor.perform(.start, on: Self.uuid)
                try await body(libvirtd, hypervisor, record)
            }
        }
    }

    private func open(_ hypervisor: LibvirtHypervisor, force: Bool = false) async throws -> ConsoleSocket {
        try ConsoleSocket(try await hypervisor.openConsole(.text, on: Self.uuid, force: force))
    }

    /// Presses Enter until the shell answers.
    private func reachPrompt(_ socket: ConsoleSocket) async throws {
        let isThere = try await eventually(within: .seconds(60)) {
            try socket.write([13])
            return try await socket.read(until: "# ", within: .seconds(1)).contains("# ")
        }
        try #require(isThere, "the guest shows no prompt")
    }

    private func expectHeld(_ hypervisor: LibvirtHypervisor) async {
        await #expect {
            _ = try await hypervisor.openConsole(.text, on: Self.uuid, force: false)
        } throws: { error in
            let error = error as? GatehouseError
            return error?.code == .conflict && error?.message.contains("Take over") == true
        }
    }

    @Test func `what is typed is answered, by one holder at a time`() async throws {
        try await withGuest { libvirtd, hypervisor, _ in
            var first: ConsoleSocket? = try await open(hypervisor)
            try await reachPrompt(try #require(first))
            try first?.write(Array("echo six-$((6*7))\r".utf8))
            #expect(try await first?.read(until: "six-42", within: .seconds(10)).contains("six-42") == true)

            await expectHeld(hypervisor)
            let second = try await open(hypervisor, force: true)
            #expect(await eventually { first?.hasEnded == true }, "the first holder's end is closed")
            first = nil
            try second.write(Array("echo nine-$((9*9))\r".utf8))
            #expect(try await second.read(until: "nine-81", within: .seconds(10)).contains("nine-81"))
            try await expectOutsiders(libvirtd, hypervisor, second)
        }
    }

    /// A holder outside this process is met, thrown out, and met by the end when it takes over.
    private func expectOutsiders(
        _ libvirtd: PrivateLibvirtd, _ hypervisor: LibvirtHypervisor, _ held: consuming ConsoleSocket
    ) async throws {
        let outsider = try TestNode.hypervisor(libvirtd.uri)
        try await running(outsider) { [held] record in
            _ = try await record.inventory()
            await expectHeld(outsider)
            let taken = try await open(outsider, force: true)
            #expect(await eventually { held.hasEnded })
            await expectHeld(hypervisor)
            try taken.write(Array("echo one-$((1+1))\r".utf8))
            #expect(try await taken.read(until: "one-2", within: .seconds(10)).contains("one-2"))
        }
        // The outsider's run is over, and with it its console.
        let again = await eventually(within: .seconds(5)) {
            (try? await open(hypervisor)) != nil
        }
        #expect(again)
    }

    @Test func `a reader that stops is waited for and loses nothing`() async throws {
        try await withGuest { _, hypervisor, _ in
            let socket = try await open(hypervisor)
            try await reachPrompt(socket)
            let loop = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line-$i-0123456789; done; echo over\r"
            try socket.write(Array(loop.utf8))
            try await Task.sleep(for: .seconds(8))
            let text = try await socket.read(until: "\r\nover\r\n", within: .seconds(90))
            let numbers = text.split(separator: "\r\n").filter { $0.hasPrefix("line-") }
            #expect(numbers.count == 20_000)
            #expect(numbers.last == "line-20000-0123456789")
        }
    }

    @Test func `much input is taken at the guest's pace`() async throws {
        try await withGuest { _, hypervisor, _ in
            let socket = try await open(hypervisor)
            try await reachPrompt(socket)
            try socket.write(Array("stty -echo; cat >/dev/null\r".utf8))
            try await Task.sleep(for: .milliseconds(500))
            let line = Array((String(repeating: "x", count: 70) + "\r").utf8)
            var sent = 0
            let end = ContinuousClock.now + .seconds(5)
            while ContinuousClock.now < end {
                let count = socket.writeSome(line)
                if count > 0 { sent += count } else { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(sent > 10_000)
            // Another call goes through meanwhile.
            #expect(try await hypervisor.machine(Self.uuid).state == .running)
        }
    }

    @Test func `a guest that takes no input holds up nobody, and its console can be had again`() async throws {
        try await withGuest { _, hypervisor, _ in
            var socket: ConsoleSocket? = try await open(hypervisor)
            try await reachPrompt(try #require(socket))
            try socket?.write(Array("stty raw; sleep 1000\r".utf8))
            try await Task.sleep(for: .milliseconds(500))
            let input = [UInt8](repeating: 120, count: 4096)
            for _ in 0..<400 {
                _ = socket?.writeSome(input)
                try await Task.sleep(for: .milliseconds(2))
            }
            let start = ContinuousClock.now
            #expect(try await hypervisor.machine(Self.uuid).state == .running)
            #expect(ContinuousClock.now - start < .seconds(2))
            socket = nil
            let again = try await eventually(within: .seconds(20)) {
                do {
                    _ = try await open(hypervisor)
                    return true
                } catch let error as GatehouseError where error.code == .conflict {
                    return false
                }
            }
            #expect(again)
        }
    }

    @Test func `a guest that is asked to shut down does`() async throws {
        try await withGuest { _, hypervisor, record in
            let socket = try await open(hypervisor)
            try await reachPrompt(socket)
            let mark = await record.events.count
            try await hypervisor.perform(.shutdown, on: Self.uuid)
            try await record.waitFor(Self.uuid, .off, after: mark)
            #expect(await eventually { socket.hasEnded })
        }
    }

    @Test func `the console ends with the machine, and with the connection`() async throws {
        try await withGuest { libvirtd, hypervisor, record in
            let socket = try await open(hypervisor)
            try await hypervisor.perform(.powerOff, on: Self.uuid)
            #expect(await eventually { socket.hasEnded })
            await #expect {
                _ = try await hypervisor.openConsole(.text, on: Self.uuid, force: false)
            } throws: { ($0 as? GatehouseError)?.code == .consoleUnreachable }
            try await hypervisor.perform(.start, on: Self.uuid)
            let next = try await open(hypervisor)
            try libvirtd.signal(SIGKILL)
            #expect(await eventually { next.hasEnded })
        }
    }

    @Test func `consoles opened and closed leave nothing behind`() async throws {
        try await withGuest { _, hypervisor, _ in
            func once() async throws {
                let socket = try await open(hypervisor)
                try socket.write([13])
            }
            try await once()
            let (descriptors, threads) = (Resources.descriptors, Resources.threads)
            for _ in 0..<30 { try await once() }
            #expect(
                await eventually { Resources.descriptors <= descriptors + 2 && Resources.threads <= threads + 2 },
                "\(Resources.descriptors) descriptors after \(descriptors)")
        }
    }
}
