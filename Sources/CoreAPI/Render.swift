// SPDX-License-Identifier: Apache-2.0

package import Core
package import FoundationEssentials
package import Model

/// Turns values of the core into the JSON that callers see, leaving out what they may not know.
package struct Render: Sendable {
    let core: CoreServices
    let principal: Principal

    /// Renders for one caller.
    package init(core: CoreServices, principal: Principal) {
        self.core = core
        self.principal = principal
    }

    /// A moment, in UTC with milliseconds (RFC 3339).
    package static func time(_ date: Date) -> JSONValue {
        .string(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    /// A moment, or `null`.
    package static func time(_ date: Date?) -> JSONValue { date.map { time($0) } ?? .null }

    /// A user.
    package func user(_ user: User) -> JSONValue {
        let groups = core.access.table.groups.filter { $0.members.contains(user.id) }.map(\.name).sorted()
        return [
            "id": .int(user.id.number), "name": .string(user.name), "givenName": .string(user.givenName),
            "email": .string(user.email), "level": .string(user.level.word), "active": .bool(user.isActive),
            "language": .string(user.language), "notes": .string(user.notes), "createdAt": Self.time(user.createdAt),
            "lastLoginAt": Self.time(user.lastLoginAt), "groups": .array(groups.map(JSONValue.string)),
        ]
    }

    /// A group.
    package func group(_ group: Group) -> JSONValue {
        let members = group.members.compactMap { core.access.user($0)?.name }.sorted()
        return [
            "id": .int(group.id.number), "name": .string(group.name), "description": .string(group.description),
            "members": .array(members.map(JSONValue.string)),
        ]
    }

    /// A privilege.
    package func privilege(_ privilege: Privilege) async -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .int(privilege.id.number), "level": .string(privilege.level.word),
        ]
        switch privilege.grantee {
        case .user(let id): members["user"] = .optional(core.access.user(id)?.name)
        case .group(let id):
            members["group"] = .optional(core.access.table.groups.first { $0.id == id }?.name)
        }
        switch privilege.target {
        case .node(let id): members["node"] = .optional(await core.inventory.node(id)?.record.name)
        case .machine(let id):
            let machine = await core.inventory.machine(id)
            members["machine"] = .string(machine?.address.description ?? id.uuid.uuidString.lowercased())
            members["machineName"] = .optional(machine?.snapshot.name)
        }
        return .object(members)
    }

    /// A session.
    package func session(_ session: Session) -> JSONValue {
        [
            "id": .string(session.id.text), "user": .optional(core.access.user(session.user)?.name),
            "kind": .string(session.kind), "createdAt": Self.time(session.createdAt),
            "lastActiveAt": Self.time(session.lastActiveAt),
            "idleExpiresAt": Self.time(min(core.sessions.idleEnd(of: session), session.expiresAt)),
            "expiresAt": Self.time(session.expiresAt), "address": .string(session.address),
            "userAgent": .string(session.userAgent), "current": .bool(session.id == principal.session?.id),
        ]
    }

    /// A node; where it is and why it fails is for superusers.
    package func node(_ node: NodeEntry, details: NodeDetails? = nil) -> JSONValue {
        let isSuperUser = core.access.isSuperUser(principal)
        var members: [String: JSONValue] = [
            "id": .int(node.record.id.number), "name": .string(node.record.name),
            "kind": .string(node.record.kind.rawValue), "state": .string(node.state.word),
            "since": Self.time(node.since), "machines": .int(Int64(node.machineCount)),
            "uri": isSuperUser ? .optional(node.uri) : .null, "reason": nil, "hypervisor": nil, "version": nil,
            "hostname": nil, "cpus": nil, "memoryKiB": nil,
            "maintenance": node.maintenance.map(Self.maintenance) ?? .null,
        ]
        switch node.state {
        case .unreachable(let reason):
            members["reason"] = .string(isSuperUser ? reason : "Ask your administrator.")
        case .online(let facts) where node.record.kind == .libvirt:
            members["hypervisor"] = .string(facts.hypervisor)
            members["version"] = .string(facts.version)
            members["hostname"] = .string(facts.hostname)
            members["cpus"] = .int(Int64(facts.cpus))
            members["memoryKiB"] = .int(Int64(facts.memoryKiB))
        default: break
        }
        members["details"] = details.map(Self.details)
        return .object(members)
    }

    private static func details(_ details: NodeDetails) -> JSONValue {
        [
            "architecture": .string(details.architecture), "megahertz": .int(Int64(details.megahertz)),
            "numaNodes": .int(Int64(details.numaNodes)), "sockets": .int(Int64(details.sockets)),
            "cores": .int(Int64(details.cores)), "threads": .int(Int64(details.threads)),
            "supportsHVM": .bool(details.supportsHVM),
            "guests": .array(
                details.guests.map { ["osType": .string($0.osType), "architecture": .string($0.architecture)] }),
        ]
    }

    /// A machine with its locks, as the caller may see it.
    package func machine(_ machine: MachineEntry) async -> JSONValue {
        let snapshot = machine.snapshot
        var locks: [String: JSONValue] = [:]
        for type in ConsoleType.allCases {
            locks[type.rawValue] = lock(
                await core.consoles.view(ConsoleKey(machine: machine.id, type: type), for: principal),
                machine: machine)
        }
        let operation = machine.operation.map { operation -> JSONValue in
            [
                "name": .string(operation.name), "since": Self.time(operation.since), "by": .string(operation.by),
            ]
        }
        var members: [String: JSONValue] = [
            "id": .string(machine.address.description), "uuid": .string(machine.id.uuid.uuidString.lowercased()),
            "name": .string(snapshot.name), "node": .string(machine.nodeName),
            "state": .string(snapshot.state.rawValue), "since": Self.time(machine.since),
            "notes": .string(machine.record.notes), "duplicate": .bool(machine.record.isDuplicate),
            "vcpus": .optional(snapshot.vcpus), "memoryKiB": .optional(snapshot.memoryKiB),
            "maxMemoryKiB": .optional(snapshot.maxMemoryKiB),
            "consoles": .array(snapshot.consoles.map { .string($0.rawValue) }),
            "osType": .optional(snapshot.osType), "autostart": .optional(snapshot.autostart),
            "persistent": .optional(snapshot.persistent), "operation": operation ?? .null,
            "level": .string(core.access.level(of: principal, on: machine.id).word), "locks": .object(locks),
        ]
        members["disks"] = snapshot.disks.map { .array($0.map(Self.disk)) }
        members["interfaces"] = snapshot.interfaces.map { .array($0.map(Self.interface)) }
        members["details"] = snapshot.details.map(Self.details)
        return .object(members)
    }

    private static func details(_ details: MachineDetails) -> JSONValue {
        [
            "hypervisorID": .optional(details.hypervisorID), "os": .optional(details.os),
            "kernel": .optional(details.kernel), "initrd": .optional(details.initrd),
            "commandLine": .optional(details.commandLine), "onReboot": .optional(details.onReboot),
            "onPowerOff": .optional(details.onPowerOff), "onCrash": .optional(details.onCrash),
            "vncAddress": .optional(details.vncAddress), "vncPort": .optional(details.vncPort),
            "needsReboot": .bool(details.needsReboot),
        ]
    }

    private static func disk(_ disk: MachineDisk) -> JSONValue {
        [
            "target": .string(disk.target), "device": .string(disk.device), "source": .optional(disk.source),
            "bus": .optional(disk.bus), "format": .optional(disk.format), "readOnly": .bool(disk.readOnly),
        ]
    }

    private static func interface(_ interface: MachineInterface) -> JSONValue {
        [
            "mac": .string(interface.mac), "type": .string(interface.type), "source": .optional(interface.source),
            "model": .optional(interface.model), "target": .optional(interface.target),
        ]
    }

    /// A lock, or `null`.
    package func lock(_ view: ConsoleLockView?, machine: MachineEntry) -> JSONValue {
        guard let view else { return .null }
        return [
            "machine": .string(machine.address.description), "machineName": .string(machine.snapshot.name),
            "console": .string(view.key.type.rawValue), "since": Self.time(view.since),
            "address": .optional(view.address), "holder": .optional(view.holder), "self": .bool(view.isSelf),
            "sameSession": .bool(view.isSameSession), "connected": .bool(view.isConnected),
            "port": .optional(core.consolePorts.port(of: view.key)),
            "bytesIn": .int(view.transferred.in), "bytesOut": .int(view.transferred.out),
        ]
    }

    /// A line of the audit log.
    package static func audit(_ entry: AuditEntry) -> JSONValue {
        [
            "id": .int(entry.id), "at": time(entry.at), "user": .optional(entry.user),
            "address": .optional(entry.address), "action": .string(entry.action),
            "target": .optional(entry.target), "outcome": .string(entry.outcome.rawValue),
            "detail": .optional(entry.detail),
        ]
    }
}
