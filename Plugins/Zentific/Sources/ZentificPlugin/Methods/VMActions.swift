// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// The methods that do something to a machine.
extension ZentificTable {
    static let vmActions = [
        job("VM.start", "machine.start"), job("VM.pause", "machine.pause"), job("VM.unpause", "machine.resume"),
        // The later server's.
        job("VM.poweroff", "machine.powerOff"), job("VM.shutdown", "machine.shutdown"),
        job("VM.reboot", "machine.reboot"),
        ZentificMethod("VM.saveNotes", [.uuid(), .text("notes")], returns: "boolean") { call in
            let machine = try await call.listedMachine()
            _ = try await call.core(
                "machine.setNotes",
                ["machine": machine["id"] ?? .null, "notes": .string(call.arguments.text("notes"))])
            return true
        },
        ZentificMethod(
            "VM.getConsoleLockUsername", [.uuid(), .text("type")], returns: "string; Self, a name, or empty"
        ) { call in
            let type = try call.consoleType()
            let lock = try await call.listedMachine()["locks"]?[type] ?? .null
            if lock.isNull { return "" }
            if lock["self"] == true { return "Self" }
            guard let holder = lock["holder"]?.stringValue else {
                throw GatehouseError(.forbidden, "Only who may take the console over learns who has it.")
            }
            return .string(holder)
        },
        connect("VM.connectTextConsole", "text"), connect("VM.connectGraphicalConsole", "vnc"),
        port("VM.getTextConsolePort", "text"), port("VM.getGraphicalConsolePort", "vnc"),
        disconnect("VM.disconnectTextConsole", ["text"]), disconnect("VM.disconnectGraphicalConsole", ["vnc"]),
        ZentificMethod(
            "VM.disconnectConsole", [.uuid(), ZentificParameter.text("type").optional], returns: "boolean"
        ) { call in
            let types = call.arguments.has("type") ? [try call.consoleType()] : ["vnc", "text"]
            return .boolean(try await call.disconnect(types))
        },
    ]

    private static func job(_ name: String, _ kind: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: "int, the job's number") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            let job = try await call.core(
                "job.submit", ["kind": .string(kind), "parameters": ["machine": machine]])["job"]
            return .int(job?["id"]?.intValue ?? 0)
        }
    }

    private static func connect(_ name: String, _ type: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: "int, a port for one connection from the caller's address") { call in
            let machine = try await call.listedMachine()["id"] ?? .null
            let opened = try await call.core("console.openPort", ["machine": machine, "type": .string(type)])
            return .int(opened["port"]?.intValue ?? 0)
        }
    }

    private static func port(_ name: String, _ type: String) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: "int, the port of the console in use; 0 where nobody has it") { call in
            .int(try await call.listedMachine()["locks"]?[type]?["port"]?.intValue ?? 0)
        }
    }

    private static func disconnect(_ name: String, _ types: [String]) -> ZentificMethod {
        ZentificMethod(name, [.uuid()], returns: "boolean, false where nobody had it") { call in
            .boolean(try await call.disconnect(types))
        }
    }
}

extension ZentificCall {
    /// The console that the call names.
    fileprivate func consoleType() throws -> String {
        let type = arguments.text("type")
        guard type == "vnc" || type == "text" else {
            throw ZentificFault.parameter("type", "It must be vnc or text.")
        }
        return type
    }

    /// Frees consoles; whether any of them was held.
    fileprivate func disconnect(_ types: [String]) async throws -> Bool {
        let machine = try await listedMachine()
        var wasHeld = false
        for type in types {
            // The core decides about the right even where nobody has the console.
            _ = try await isThere {
                try await core("console.disconnect", ["machine": machine["id"] ?? .null, "type": .string(type)])
            }
            if machine["locks"]?[type]?.isNull == false { wasHeld = true }
        }
        return wasHeld
    }
}
