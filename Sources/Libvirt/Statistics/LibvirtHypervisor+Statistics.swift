// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

extension LibvirtHypervisor {
    /// The host and every machine, in a few calls where the driver can, else in some for each machine.
    package func sample() async throws -> NodeSample {
        let reader = StatisticsReader(node: node)
        return try await calling("measure the node") { session in
            try await session.read(within: timing.sample) { connection in try reader.sample(connection) }
        }
    }

    /// A machine's counters with those of each disk and interface.
    package func statistics(of uuid: UUID) async throws -> MachineStatistics {
        let reader = StatisticsReader(node: node)
        return try await calling("measure the machine") { session in
            try await session.read { connection in try reader.statistics(try connection.domain(uuid)) }
        }
    }
}
