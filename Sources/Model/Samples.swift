// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials

/// How close together the points of a history are, and how long they are kept.
package enum SampleResolution: Int, Sendable, CaseIterable {
    /// As they were appended, every ten seconds or so.
    case tenSeconds = 10
    /// Averages of a minute.
    case minute = 60
    /// Averages of a quarter of an hour.
    case quarter = 900

    /// Seconds from one point to the next.
    package var seconds: Int { rawValue }

    /// The word that JSON uses.
    package var word: String {
        switch self {
        case .tenSeconds: "10s"
        case .minute: "1m"
        case .quarter: "15m"
        }
    }

    /// The resolution of that word, or nil.
    package init?(word: String) {
        guard let found = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = found
    }
}

/// How long each resolution is kept.
package struct SampleRetention: Sendable, Equatable {
    /// As they were appended: two hours.
    package var tenSeconds: Duration = .seconds(2 * 3600)
    /// Averages of a minute: two days.
    package var minute: Duration = .seconds(2 * 86_400)
    /// Averages of a quarter of an hour: ninety days.
    package var quarter: Duration = .seconds(90 * 86_400)

    /// The times above.
    package init() {}

    /// How long that resolution is kept.
    package func length(_ resolution: SampleResolution) -> Duration {
        switch resolution {
        case .tenSeconds: tenSeconds
        case .minute: minute
        case .quarter: quarter
        }
    }
}

/// What went through disks and interfaces, in bytes a second; nil where it is not known.
package struct Traffic: Sendable, Equatable {
    /// Read from disks.
    package var diskRead: Double?
    /// Written to disks.
    package var diskWrite: Double?
    /// Received by interfaces.
    package var netReceived: Double?
    /// Sent by interfaces.
    package var netSent: Double?

    /// Makes traffic of which nothing is known.
    package init(
        diskRead: Double? = nil, diskWrite: Double? = nil, netReceived: Double? = nil, netSent: Double? = nil
    ) {
        self.diskRead = diskRead
        self.diskWrite = diskWrite
        self.netReceived = netReceived
        self.netSent = netSent
    }
}

/// What a host did over the time since the sample before; nil where it is not known.
package struct HostFigures: Sendable, Equatable {
    /// How much of its processors' time was used, of 100.
    package var cpuPercent: Double?
    /// How much of its memory is used, of 100.
    package var memoryPercent: Double?
    /// How full its fullest storage is, of 100.
    package var diskPercent: Double?
    /// Processes that were ready to run, on average over a minute.
    package var load: Double?
    /// What went through.
    package var traffic = Traffic()

    /// Makes figures of which nothing is known.
    package init() {}
}

/// What a machine did over the time since the sample before; nil where it is not known.
package struct MachineFigures: Sendable, Equatable {
    /// Its UUID.
    package var uuid: UUID
    /// How much of its processors' time was used, of 100.
    package var cpuPercent: Double?
    /// The memory it has or uses, in KiB.
    package var memoryKiB: Double?
    /// How much of its memory its guest uses, of 100.
    package var memoryPercent: Double?
    /// How full its fullest disk is, of 100.
    package var diskPercent: Double?
    /// What went through.
    package var traffic = Traffic()

    /// Makes figures of which nothing is known.
    package init(uuid: UUID) { self.uuid = uuid }
}

/// The figures of a node and its machines at one moment.
package struct NodeReport: Sendable, Equatable {
    /// The node.
    package var node: NodeID
    /// The moment; whole seconds count.
    package var at: Date
    /// The host.
    package var host: HostFigures
    /// The machines.
    package var machines: [MachineFigures]

    /// Makes a report.
    package init(node: NodeID, at: Date, host: HostFigures, machines: [MachineFigures]) {
        self.node = node
        self.at = at
        self.host = host
        self.machines = machines
    }
}

/// What a history is of.
package enum SampleSubject: Sendable, Hashable {
    case node(NodeID)
    case machine(MachineID)

    /// The node it is on.
    package var node: NodeID {
        switch self {
        case .node(let id): id
        case .machine(let id): id.node
        }
    }

    /// The machine, where it is one.
    package var machine: MachineID? {
        if case .machine(let id) = self { id } else { nil }
    }
}

/// One point of a history.
package struct SamplePoint: Sendable, Equatable {
    /// Its moment, or the begin of the time that it is the average of.
    package var at: Date
    /// How much of the processors' time was used, of 100.
    package var cpuPercent: Double?
    /// KiB for a machine, of 100 for a node.
    package var memory: Double?
    /// Processes that were ready to run; of a node only.
    package var load: Double?
    /// What went through.
    package var traffic: Traffic

    /// Makes a point.
    package init(
        at: Date, cpuPercent: Double? = nil, memory: Double? = nil, load: Double? = nil, traffic: Traffic = Traffic()
    ) {
        self.at = at
        self.cpuPercent = cpuPercent
        self.memory = memory
        self.load = load
        self.traffic = traffic
    }
}

/// Which part of a history to read.
package struct SampleQuery: Sendable, Equatable {
    /// What it is of.
    package var subject: SampleSubject
    /// Which resolution.
    package var resolution: SampleResolution
    /// From then on.
    package var from: Date
    /// Until before then.
    package var to: Date
    /// Seconds that make up one point, at least those of the resolution; more than that are averaged.
    package var step: Int

    /// Makes a query.
    package init(subject: SampleSubject, resolution: SampleResolution, from: Date, to: Date, step: Int) {
        self.subject = subject
        self.resolution = resolution
        self.from = from
        self.to = to
        self.step = step
    }
}

/// The history of nodes and machines.
package protocol SampleRepository: Sendable {
    /// Keeps a report, with the averages that it completes, and lets go of what is too old; in one transaction.
    ///
    /// Each append lets go of a few moments at most, so that none takes long. A machine that is not kept
    /// is left out. Whatever was kept of the node at that moment or later is replaced.
    func appendSample(_ report: NodeReport, keeping retention: SampleRetention) async throws

    /// The points in order of time.
    func samples(_ query: SampleQuery) async throws -> [SamplePoint]

    /// The moment of each node's last report.
    func lastSamples() async throws -> [NodeID: Date]
}
