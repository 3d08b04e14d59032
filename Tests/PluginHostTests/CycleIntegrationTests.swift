// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Model
import PluginHost
import Testing

/// Switches plugins off and on again and looks for what is left behind; alone, because it counts descriptors.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CycleIntegrationTests {
    private struct Belongings: Equatable {
        var descriptors: Int
        var threads: Int
        var processes: Int

        static var own: Belongings {
            get throws {
                let files = FileManager.default
                return Belongings(
                    descriptors: try files.contentsOfDirectory(atPath: "/proc/self/fd").count,
                    threads: try files.contentsOfDirectory(atPath: "/proc/self/task").count,
                    processes: children(of: ProcessTree.own).count)
            }
        }
    }

    @Test func `switching leaves no descriptor, thread or process behind`() async throws {
        try await switching(times: 300, isSandboxed: false)
    }

    @Test(.enabled("bubblewrap works here") { await Sandbox.probe() == .available })
    func `switching a plugin in its sandbox leaves nothing behind either`() async throws {
        try await switching(times: 60, isSandboxed: true)
    }

    private func switching(times: Int, isSandboxed: Bool) async throws {
        let row = TestHost.row("hello") { $0.isSandboxed = isSandboxed }
        try await TestHost([.init(name: "hello")], rows: [row]).run { test in
            for _ in 0..<10 { try await cycle(test) }
            // What was just switched on may not have forked yet.
            #expect(try await test.get("/hello") == "plain:GET:")
            let before = try Belongings.own
            for _ in 0..<times { try await cycle(test) }
            let isBack = try await test.eventually {
                let now = try Belongings.own
                return now.descriptors <= before.descriptors && now.threads <= before.threads + 2
                    && now.processes <= before.processes
            }
            let after = try Belongings.own
            #expect(isBack, "before: \(before), after: \(after)")
            #expect(try await test.host.plugin(named: "hello").figures.failures == 0)
        }
    }

    private func cycle(_ test: TestHost) async throws {
        #expect(try await test.get("/hello") == "plain:GET:")
        _ = try await test.host.modify("hello", PluginChange(enabled: false))
        _ = try await test.host.modify("hello", PluginChange(enabled: true))
    }
}
