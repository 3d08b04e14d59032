// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

extension HypervisorContract {
    /// The machine that is off uses nothing, and is in the sample all the same.
    func verifyNothingUsed() async throws {
        let sample = try await hypervisor.sample()
        #expect(sample.host.cpus > 0 && sample.host.memoryKiB > 0)
        if let free = sample.host.freeMemoryKiB { #expect((0...sample.host.memoryKiB).contains(free)) }
        let counters = try #require(sample.machines.first { $0.uuid == subject }, "the sample has the machine")
        #expect(!counters.state.isActive)
        #expect(Set(sample.machines.map(\.uuid)).count == sample.machines.count, "each machine is there once")
        let statistics = try await hypervisor.statistics(of: subject)
        #expect(statistics.counters.uuid == subject && !statistics.counters.state.isActive)
    }

    /// The running machine's processor time is told, and never goes back.
    func verifyUse() async throws {
        let first = try await hypervisor.sample()
        let counters = try #require(first.machines.first { $0.uuid == subject })
        #expect(counters.state == .running)
        let before = try #require(counters.cpuNanoseconds, "the processor time of whatever runs is known")
        let statistics = try await hypervisor.statistics(of: subject)
        #expect(try #require(statistics.counters.cpuNanoseconds) >= before)
        #expect(statistics.counters.state == .running && statistics.at >= first.at)
        let second = try await hypervisor.sample()
        let after = try #require(second.machines.first { $0.uuid == subject }?.cpuNanoseconds)
        #expect(after >= before && second.at >= first.at)
    }
}
