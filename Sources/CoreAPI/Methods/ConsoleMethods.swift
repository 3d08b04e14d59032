// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let typeParameter = Parameter.required(
    "type", .word(ConsoleType.allCases.map(\.rawValue)), "vnc for the screen, text for the serial line.")

extension CoreAPI {
    static let consoleMethods = [
        Method(
            "console.open", "Takes the lock on a console and gives a ticket to connect with.", right: .operate,
            parameters: [
                .machine, typeParameter,
                .optional("takeover", .bool, "Whether a holder is to be thrown out."),
            ],
            result: "{path, ticket, expires, lock}", isChange: true
        ) { call in
            let (machine, key) = try call.liveConsole()
            do {
                let opening = try await call.core.consoles.open(
                    key, principal: call.principal, takeover: call.arguments.optionalBool("takeover") ?? false)
                return [
                    "path": .string("/console/\(machine.address)/\(key.type.rawValue)"),
                    "ticket": .string(opening.ticket), "expires": Render.time(opening.expiresAt),
                    "lock": await call.lock(of: machine, key),
                ]
            } catch let error as GatehouseError where error.code == .consoleLocked {
                throw GatehouseError(
                    .consoleLocked, error.message, details: ["lock": await call.lock(of: machine, key)])
            }
        },
        Method(
            "console.openPort",
            "Takes the lock on a console and opens a port for one connection from the caller's address; where no such "
                + "ports are configured, takes nothing and names the port of the pages.",
            right: .operate,
            parameters: [
                .machine, typeParameter,
                .optional("takeover", .bool, "Whether a holder is to be thrown out."),
            ],
            result: "{port, expires: null for the port of the pages, lock}", isChange: true
        ) { call in
            let (machine, key) = try call.liveConsole()
            let place = try await call.core.consolePorts.open(
                ConsolePorts.Order(
                    key: key, principal: call.principal, takeover: call.arguments.optionalBool("takeover") ?? false))
            return [
                "port": .int(Int64(place.port)), "expires": Render.time(place.expiresAt),
                "lock": await call.lock(of: machine, key),
            ]
        },
        Method(
            "console.list", "Lists the consoles in use that the caller may see.", right: .user, result: "{consoles}",
            isActivity: false
        ) { call in
            var consoles: [JSONValue] = []
            for view in await call.core.consoles.views(for: call.principal) {
                guard let machine = await call.core.inventory.machine(view.key.machine) else { continue }
                consoles.append(call.render.lock(view, machine: machine))
            }
            return ["consoles": .array(consoles)]
        },
        Method(
            "console.show", "Shows who holds a console.", right: .view, parameters: [.machine, typeParameter],
            result: "{lock}"
        ) { call in
            let (machine, key) = try call.console()
            return ["lock": await call.lock(of: machine, key)]
        },
        Method(
            "console.revealPassword",
            "Tells the password that a machine's own VNC port asks for; Gatehouse's consoles need none.",
            right: .operate, parameters: [.machine], result: "{password}: null where it asks for none", isChange: true,
            isRepeatable: true
        ) { call in
            let id = try call.machine().id
            return ["password": .optional(try await call.core.inventory.hypervisor(of: id).vncPassword(of: id.uuid))]
        },
        Method(
            "console.disconnect", "Closes a console and frees its lock.", right: .operate,
            parameters: [
                .machine, typeParameter,
                .optional("reason", .string(maximum: 100), "Shown on the page that is closed."),
            ],
            result: "{}", isChange: true
        ) { call in
            let (_, key) = try call.console()
            let reason = call.arguments.optionalString("reason")
            try await call.core.consoles.disconnect(
                key, code: .disconnected,
                reason: reason ?? "\(call.principal.name ?? "Somebody") disconnected this console.")
            return [:]
        },
    ]
}

extension Call {
    fileprivate func console() throws -> (MachineEntry, ConsoleKey) {
        let machine = try machine()
        guard let type = ConsoleType(rawValue: arguments.string("type")) else {
            throw GatehouseError.invalidParameter("type", "type must be vnc or text.")
        }
        return (machine, ConsoleKey(machine: machine.id, type: type))
    }

    /// The console that is named, of a machine that has it and runs.
    fileprivate func liveConsole() throws -> (MachineEntry, ConsoleKey) {
        let (machine, key) = try console()
        guard machine.snapshot.consoles.contains(key.type) else {
            throw GatehouseError(.consoleUnreachable, "The machine has no \(key.type.rawValue) console.")
        }
        guard machine.snapshot.state.isActive else {
            throw GatehouseError(.consoleUnreachable, "The machine is not running; start it, then open its console.")
        }
        return (machine, key)
    }

    fileprivate func lock(of machine: MachineEntry, _ key: ConsoleKey) async -> JSONValue {
        render.lock(await core.consoles.view(key, for: principal), machine: machine)
    }
}
