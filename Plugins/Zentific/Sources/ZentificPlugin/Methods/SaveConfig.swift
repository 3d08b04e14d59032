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
        let parameters = try ConfigChange(from: present, to: wanted).parameters
        var steps: [SaveStep] = []
        if !parameters.isEmpty {
            let words = "changed \(parameters.keys.sorted().joined(separator: ", "))"
            steps.append(SaveStep(words, "machine.modify", parameters))
        }
        let disks = try DiskChange(from: machine, to: wanted["disks"])
        let interfaces = try InterfaceChange(from: machine, to: wanted["vifs"])
        let volumes = try await checkedVolumes(for: disks, of: machine)
        try await check(interfaces, of: machine)
        steps += interfaces.additions + disks.steps(volumes) + interfaces.removals
        try await carryOut(steps, on: machine["id"] ?? .null)
    }
}
