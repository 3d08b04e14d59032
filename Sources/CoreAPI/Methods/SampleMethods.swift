// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

private let nodeParameter = Parameter.required("node", .string(maximum: 64), "The node's name.")

extension CoreAPI {
    static let sampleMethods = [
        Method(
            "node.sample", "Reads the counters of a node and of all its machines.", right: .superUser,
            parameters: [nodeParameter], result: "{node, at, host, machines}", isActivity: false
        ) { call in
            let node = try await call.sampledNode()
            let sample = try await call.core.samples.take(from: node.record.id)
            let entries = await call.core.inventory.machines(on: node.record.id)
            return Render.sample(sample, node: node.record.name) { entries[$0]?.address }
        },
        Method(
            "machine.stats", "Reads a machine's counters with those of each disk and interface.", right: .view,
            parameters: [.machine],
            result: "{machine, at, state, cpuNanoseconds, cpuPercent, vcpus, memoryKiB, maxMemoryKiB, usedMemoryKiB, "
                + "disks, interfaces}",
            isActivity: false
        ) { call in
            let machine = try call.machine()
            let found = try await call.core.samples.statistics(of: machine.id)
            return Render.statistics(found.statistics, cpuPercent: found.cpuPercent, machine: machine.address)
        },
        Method(
            "sample.append", "Keeps what a node and its machines did since the sample before.", right: .superUser,
            parameters: [
                nodeParameter,
                .required("at", .string(maximum: 40), "The moment of the sample; whole seconds count."),
                .required(
                    "host", .object(maximumBytes: 4096),
                    "The host: cpuPercent, memoryPercent, diskPercent, load, diskRead, diskWrite, netReceived, netSent; "
                        + "percentages of all it has, traffic in bytes a second, null for what is not known."),
                .required(
                    "machines", .any(maximumBytes: 8 * 1024 * 1024),
                    "A list of machines: machine, cpuPercent, memoryKiB, memoryPercent, diskPercent, diskRead, "
                        + "diskWrite, netReceived, netSent."),
            ],
            result: "{kept}: false where that sample was there already", isActivity: false
        ) { call in
            let node = try await call.sampledNode()
            guard let at = try call.arguments.optionalTime("at") else { return ["kept": false] }
            let report = NodeReport(
                node: node.record.id, at: at, host: try SampleReading.host(call.arguments.value("host")),
                machines: try SampleReading.machines(call.arguments.value("machines")))
            return ["kept": .bool(try await call.core.samples.append(report))]
        },
        Method(
            "sample.range", "Reads a part of the history of a machine or a node, in at most 2,000 points.",
            right: .user,
            parameters: [
                .optional("machine", .string(maximum: 200), "The machine's UUID, with @node where it is not unique."),
                .optional("node", .string(maximum: 64), "The node's name, in place of a machine."),
                .optionalTime("from", "From then on; an hour before the end if left out."),
                .optionalTime("to", "Until before then; now if left out."),
                .optional(
                    "resolution", .word(SampleResolution.allCases.map(\.word)),
                    "How close together the points are; the finest that fits if left out."),
            ],
            result: "{resolution, stepSeconds, from, to, points}", isActivity: false
        ) { call in
            let subject = try await call.sampledSubject()
            let resolution = call.arguments.optionalString("resolution").flatMap { SampleResolution(word: $0) }
            let found = try await call.core.samples.history(
                of: subject, from: try call.arguments.optionalTime("from"),
                to: try call.arguments.optionalTime("to"), resolution: resolution)
            return Render.history(found.points, of: subject, window: found.window)
        },
    ]
}

extension Call {
    fileprivate func sampledNode() async throws -> NodeEntry {
        guard let node = await core.inventory.node(named: arguments.string("node")),
            await core.maySee(node, principal)
        else { throw GatehouseError(.notFound, "There is no such node, or you have no rights on it.") }
        return node
    }

    fileprivate func sampledSubject() async throws -> SampleSubject {
        switch (arguments.optionalString("machine"), arguments.optionalString("node")) {
        case (let machine?, nil): .machine(try await core.visibleMachine(machine, for: principal).id)
        case (nil, .some): .node(try await sampledNode().record.id)
        default: throw GatehouseError.invalidParameter("machine", "Name either a machine or a node.")
        }
    }
}
