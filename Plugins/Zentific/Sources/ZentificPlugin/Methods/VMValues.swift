// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import XMLRPC

/// The methods that tell one thing of a machine.
extension ZentificTable {
    static let vmValues = [
        value("VM.getVCPUs", returns: "int") { .int($0.machine["vcpus"]?.intValue ?? 0) },
        value("VM.getMemory", returns: "int, KiB") { .int($0.machine["memoryKiB"]?.intValue ?? 0) },
        value("VM.getMaxMemory", returns: "int, KiB") { .int($0.machine["maxMemoryKiB"]?.intValue ?? 0) },
        value("VM.getType", returns: "string, the kind of virtualization") { .string($0.type) },
        value("VM.getNumDisks", returns: "int") { .int(Int64($0.disks.count)) },
        value("VM.getNumNETIFs", returns: "int") { .int(Int64($0.vifs.count)) },
        value("VM.getUptime", returns: "int, seconds") { .int($0.uptime) },
        value("VM.getUptimeStr", returns: "string, a span") { .string(TimeWords.span($0.uptime)) },
        value("VM.getTimeStarted", returns: "string, a moment in UTC; empty for a machine that is off") { machine in
            guard VMState.isActive(machine.machine["state"]?.stringValue ?? "") else { return "" }
            return .string(TimeWords.moment(machine.now.addingTimeInterval(-Double(machine.uptime))))
        },
        value("VM.getStateStr", returns: "string, the state in words") {
            .string(VMState.words($0.machine["state"]?.stringValue ?? ""))
        },
        value("VM.getVMid", returns: "int, the platform's own number; -1 for a machine that is off") {
            .int($0.platformID)
        },
        value("VM.getOS", returns: "string, what its definition says; empty where it says nothing") {
            .string($0.detail("os"))
        },
        value("VM.getVNCport", returns: "int, a port of the node; -1 where there is none now") { .int($0.vncPort) },
        value("VM.needsReboot", returns: "boolean, whether a change waits for the next start") {
            .boolean($0.machine["details"]?["needsReboot"] == true)
        },
        ZentificMethod("VM.getVNCpass", [.uuid()], returns: "string; empty where the screen asks for none") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            let revealed = try await call.core("console.revealPassword", ["machine": machine])
            return .string(revealed["password"]?.stringValue ?? "")
        },
        ZentificMethod("VM.getLog", [.uuid()], returns: "array of LOG, newest first") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            let entries = try await call.pages(
                "machine.log", ["machine": machine], list: "entries", most: LogStruct.most)
            return .array(entries.map(LogStruct.value))
        },
        value("VM.getNotes", returns: "string") { .string($0.machine["notes"]?.stringValue ?? "") },
        value("VM.hasGraphicalConsole", returns: "boolean") { .boolean($0.consoles.contains("vnc")) },
        value("VM.hasTextConsole", returns: "boolean") { .boolean($0.consoles.contains("text")) },
        value("VM.getSupportedConsoles", returns: "array of string, of text and vnc") {
            .array($0.consoles.sorted().map(XMLRPCValue.string))
        },
        value("VM.getVmLockReason", returns: "string; empty for a machine that nothing is done to") { machine in
            guard let operation = machine.machine["operation"], let name = operation["name"]?.stringValue else {
                return ""
            }
            return .string("\(name), by \(operation["by"]?.stringValue ?? "somebody")")
        },
        measured("VM.getCPUtime", returns: "double, seconds") { .double($0.cpuSeconds) },
        measured("VM.getCPUpct", returns: "double, percent of one processor") { .double($0.cpuPercent) },
        measured("VM.getDisks", returns: "array of DISK") { .array($0.disks) },
        measured("VM.getNETIFs", returns: "array of VIF") { .array($0.vifs) },
        ZentificMethod("VM.getCPUpctHist", [.uuid()], returns: "array of double, oldest first") { call in
            .array(try await call.processorHistory().map(XMLRPCValue.double))
        },
        ZentificMethod("VM.getAvgCPUpct", [.uuid()], returns: "double, percent of one processor") { call in
            let history = try await call.processorHistory()
            return .double(history.isEmpty ? 0 : history.reduce(0, +) / Double(history.count))
        },
        ZentificMethod("VM.getVmParentNode", [.uuid()], returns: "string, the node's UUID") { call in
            .string(try await call.parent()["id"]?.intValue.map(NodeUUID.text) ?? "")
        },
        ZentificMethod("VM.getVmParentAddress", [.uuid()], returns: "string, the node's host name") { call in
            .string(NodeStruct.address(try await call.parent()))
        },
    ]

    private static func value(
        _ name: String, returns: String, _ read: @escaping @Sendable (VMStruct) -> XMLRPCValue
    ) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: returns) { call in
            read(VMStruct(machine: try await call.shownMachine(), stats: .null, node: .null))
        }
    }

    private static func measured(
        _ name: String, returns: String, _ read: @escaping @Sendable (VMStruct) -> XMLRPCValue
    ) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: returns) { call in
            let machine = try await call.shownMachine()
            return read(VMStruct(machine: machine, stats: await call.stats(of: machine), node: .null))
        }
    }
}

extension VMStruct {
    /// The words for the consoles it has.
    fileprivate var consoles: [String] { machine["consoles"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}

extension ZentificCall {
    /// How many samples a history has where the setting may not be read.
    private static let usualRetention: Int64 = 25

    /// The machine that the call names, with its disks and interfaces.
    func shownMachine() async throws -> JSONValue {
        try await core("machine.show", ["machine": .string(arguments.text("uuid"))])["machine"] ?? .null
    }

    /// The node of the machine that the call names.
    fileprivate func parent() async throws -> JSONValue {
        let machine = try await listedMachine()
        guard let node = try await nodes().first(where: { $0["name"] == machine["node"] }) else {
            throw GatehouseError(.forbidden, "You have no rights on the machine's node.")
        }
        return node
    }

    /// The newest samples of the processor's share, oldest first; as many as the setting says.
    fileprivate func processorHistory() async throws -> [Double] {
        let machine = try await listedMachine()
        let range = try await core("sample.range", ["machine": machine["id"] ?? .null])
        let setting = try? await core("setting.get", ["name": "statRetention"])
        let most = setting?["setting"]?["value"]?.intValue ?? Self.usualRetention
        let points = (range["points"]?.arrayValue ?? []).compactMap { $0["cpuPercent"]?.doubleValue }
        return points.suffix(Int(clamping: max(0, most)))
    }
}
