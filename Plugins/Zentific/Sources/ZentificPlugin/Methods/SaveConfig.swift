// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let saveConfig = [
        ZentificMethod("VM.saveConfig", [.members("vm")], returns: "boolean") { call in
            try await call.saveConfig()
            return true
        }
    ]
}

/// What a client that sends a whole VM wants to be different.
struct ConfigChange {
    /// Members that this API and the core both know, and the core's name for each.
    private static let numbers = [("vcpus", "vcpus"), ("mem", "memoryKiB"), ("maxmem", "maxMemoryKiB")]
    private static let words = [
        ("name", "name"), ("on_reboot", "onReboot"), ("on_poweroff", "onPowerOff"), ("on_crash", "onCrash"),
    ]
    /// Members that are kept by other methods, or not at all.
    private static let fixed = ["puuid", "type", "os", "kernel", "ramdisk", "cmdline"]

    /// The parameters of `machine.modify`; empty where nothing is different.
    private(set) var parameters: [String: JSONValue] = [:]

    /// Compares what a client sent with what there is; members that it left out stay.
    ///
    /// - Throws: the fault for a member that can not be changed in this way.
    init(from present: XMLRPCValue, to wanted: XMLRPCValue) throws {
        for (member, name) in Self.numbers {
            guard let text = wanted[member].flatMap(ZentificArguments.text), !text.isEmpty else { continue }
            guard let number = Int64(text) else {
                throw ZentificFault.parameter("vm", "\(member) must be a whole number.")
            }
            if present[member] != .int(number) { parameters[name] = .int(number) }
        }
        for (member, name) in Self.words {
            guard let text = wanted[member].flatMap(ZentificArguments.text), !text.isEmpty else { continue }
            if present[member] != .string(text) { parameters[name] = .string(text) }
        }
        for member in Self.fixed {
            guard let text = wanted[member].flatMap(ZentificArguments.text) else { continue }
            guard present[member] == .string(text) else {
                throw ZentificFault.parameter("vm", "\(member) can not be changed.")
            }
        }
        try Self.requireSame("disks", ["label", "ext_dev", "mode"], present, wanted)
        try Self.requireSame("vifs", ["mac", "bridge"], present, wanted)
    }

    /// Refuses a list of devices that is not the one there is; their figures do not count.
    private static func requireSame(
        _ list: String, _ members: [String], _ present: XMLRPCValue, _ wanted: XMLRPCValue
    ) throws {
        guard let sent = wanted[list]?.arrayValue else { return }
        let now = (present[list]?.arrayValue ?? []).map { device in members.map { device[$0]?.stringValue ?? "" } }
        let then = sent.map { device in members.map { device[$0].flatMap(ZentificArguments.text) ?? "" } }
        guard now == then else {
            throw ZentificFault.parameter(
                "vm", "\(list) can not be changed with the whole machine; there are methods for single devices.")
        }
    }
}

extension ZentificCall {
    /// Changes the machine of a VM as far as it is different.
    fileprivate func saveConfig() async throws {
        let wanted = arguments.members("vm")
        guard let uuid = wanted["uuid"].flatMap(ZentificArguments.text), !uuid.isEmpty else {
            throw ZentificFault.parameter("vm", "It must have a uuid.")
        }
        let machine = try await core("machine.show", ["machine": .string(uuid)])["machine"] ?? .null
        let present = VMStruct(machine: machine, stats: .null, node: await node(of: machine)).value
        var parameters = try ConfigChange(from: present, to: wanted).parameters
        guard !parameters.isEmpty else { return }
        parameters["machine"] = machine["id"] ?? .null
        _ = try await core("machine.modify", parameters)
    }
}
