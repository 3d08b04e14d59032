// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Model
import TestSupport
import Testing

@testable import Libvirt

@Suite(.serialized, .timeLimit(.minutes(2))) struct HangingNodeTests {
    /// Short times, so that a test need not wait.
    private static var timing: LibvirtTiming {
        var timing = LibvirtTiming()
        timing.read = .milliseconds(700)
        timing.sample = .milliseconds(700)
        timing.change = .milliseconds(700)
        timing.backoffStart = .milliseconds(50)
        timing.backoffLimit = .milliseconds(100)
        timing.hangingLimit = 3
        return timing
    }

    @Test func `a daemon that takes the connection and says nothing holds few threads, and nobody else`() async throws {
        let directory = try ScratchDirectory()
        var mute: MuteSocket? = try MuteSocket(path: "\(directory.path)/socket")
        let hypervisor = try TestNode.hypervisor(
            "qemu+unix:///system?socket=\(directory.path)/socket", timing: Self.timing)
        try await running(hypervisor) { record in
            _ = try await record.first(within: .seconds(5)) { event -> Bool? in
                if case .node(.unreachable(let reason)) = event { reason.contains("does not answer") } else { nil }
            }
            _ = try await record.first(within: .seconds(10)) { event -> Bool? in
                if case .node(.unreachable(let reason)) = event { reason.contains("hang") ? true : nil } else { nil }
            }
            #expect(hypervisor.hangingCalls == 3)
            try await Task.sleep(for: .milliseconds(500))
            #expect(hypervisor.hangingCalls == 3)
            // Another node is as quick as ever.
            try await running(try TestNode.hypervisor("test:///default")) { other in
                _ = try await other.inventory(within: .seconds(2))
            }
        }
        _ = mute
        mute = nil
        #expect(await eventually { hypervisor.hangingCalls == 0 }, "the threads end with the connection")
    }

    @Test(.enabled(if: PrivateLibvirtd.absence == nil, "\(PrivateLibvirtd.absence ?? "")"))
    func `a daemon that stops answering is given up, and taken back when it answers`() async throws {
        try await PrivateLibvirtd.with { libvirtd in
            try await libvirtd.define(QEMUTests.domain())
            var timing = Self.timing
            timing.hangingLimit = 8
            timing.change = .seconds(3)
            let hypervisor = try TestNode.hypervisor(libvirtd.uri, timing: timing)
            try await running(hypervisor) { record in
                _ = try await record.inventory()
                try libvirtd.signal(SIGSTOP)
                defer { try? libvirtd.signal(SIGCONT) }
                for _ in 0..<3 {
                    let start = ContinuousClock.now
                    await #expect {
                        _ = try await hypervisor.machine(QEMUTests.uuid)
                    } throws: { error in
                        [.timeout, .nodeUnreachable].contains((error as? GatehouseError)?.code)
                    }
                    #expect(ContinuousClock.now - start < .seconds(2))
                }
                let start = ContinuousClock.now
                await #expect(throws: GatehouseError.self) { _ = try await hypervisor.sample() }
                #expect(ContinuousClock.now - start < .seconds(2), "a sample waits no longer than any other call")
                _ = try await record.first(within: .seconds(10)) { event -> Bool? in
                    if case .node(.unreachable) = event { true } else { nil }
                }
                let mark = await record.events.count
                try libvirtd.signal(SIGCONT)
                #expect(try await record.inventory(after: mark).count == 1)
                #expect(await eventually { hypervisor.hangingCalls == 0 })
            }
        }
    }
}
