// SPDX-License-Identifier: Apache-2.0

/// What a node says of itself when it is shown alone.
package struct NodeDetails: Sendable, Equatable {
    /// A kind of guest that the node can run.
    package struct Guest: Sendable, Equatable, Hashable {
        /// `hvm` for fully virtualized ones, `exe` for containers, ...
        package var osType: String
        /// The processors' architecture, such as `x86_64`.
        package var architecture: String

        /// Makes a kind.
        package init(osType: String, architecture: String) {
            self.osType = osType
            self.architecture = architecture
        }
    }

    /// The node's own architecture, such as `x86_64`.
    package var architecture: String
    /// The processors' frequency in MHz; 0 where the node does not know it.
    package var megahertz: Int
    /// How many NUMA nodes it has.
    package var numaNodes: Int
    /// Sockets on each of them.
    package var sockets: Int
    /// Cores on each socket.
    package var cores: Int
    /// Threads on each core.
    package var threads: Int
    /// The guests that it can run, each once.
    package var guests: [Guest]

    /// Makes the details.
    package init(
        architecture: String, megahertz: Int = 0, numaNodes: Int = 1, sockets: Int = 1, cores: Int = 1,
        threads: Int = 1, guests: [Guest] = []
    ) {
        self.architecture = architecture
        self.megahertz = megahertz
        self.numaNodes = numaNodes
        self.sockets = sockets
        self.cores = cores
        self.threads = threads
        self.guests = guests
    }

    /// Whether it runs fully virtualized guests.
    package var supportsHVM: Bool { guests.contains { $0.osType == "hvm" } }
}
