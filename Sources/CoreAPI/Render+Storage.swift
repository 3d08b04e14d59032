// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model

extension Render {
    /// A storage pool.
    static func pool(_ pool: PoolEntry) -> JSONValue {
        let snapshot = pool.snapshot
        return [
            "id": .int(pool.record.id.number), "node": .string(pool.nodeName), "name": .string(snapshot.name),
            "mechanism": .string(snapshot.mechanism), "type": .string(snapshot.type), "path": .optional(snapshot.path),
            "active": .bool(snapshot.isActive), "capacityBytes": number(snapshot.capacityBytes),
            "allocatedBytes": number(snapshot.allocatedBytes), "availableBytes": number(snapshot.availableBytes),
            "allowsNewVolumes": .bool(snapshot.allowsNewVolumes), "hasVolumes": .bool(snapshot.volumeCount ?? 0 > 0),
        ]
    }

    /// A volume with what uses it; of other nodes' machines only those that the caller may see.
    func volume(_ volume: VolumeEntry, for principal: Principal) -> JSONValue {
        let (snapshot, use) = (volume.snapshot, volume.use)
        let machines = use.machines.filter { uuid in
            guard let node = use.elsewhere[uuid] else { return true }
            return core.access.level(of: principal, on: MachineID(node: node, uuid: uuid)).mayView
        }
        let kind =
            snapshot.backingPath != nil
            ? "linked" : snapshot.allocatedBytes < snapshot.capacityBytes ? "sparse" : "preallocated"
        return [
            "id": .int(volume.record.id.number), "pool": .int(volume.record.pool.number),
            "poolName": .string(volume.poolName), "node": .string(volume.nodeName), "name": .string(snapshot.name),
            "path": .string(snapshot.path), "format": .optional(snapshot.format),
            "capacityBytes": .int(snapshot.capacityBytes), "allocatedBytes": .int(snapshot.allocatedBytes),
            "kind": .string(kind), "backingPath": .optional(snapshot.backingPath), "inUse": .bool(use.isInUse),
            "shared": .string(use.sharing.rawValue),
            "machines": .array(machines.map { .string($0.uuidString.lowercased()) }),
            "template": .optional(use.template),
        ]
    }

    /// A template, without its definition.
    static func template(_ template: Template, node: String) -> JSONValue {
        let definition = template.definition
        return [
            "id": .int(template.id.number), "node": .string(node), "name": .string(template.name),
            "description": .string(template.description), "type": .string(template.type),
            "architecture": .string(definition.architecture),
            "uuid": .string(template.uuid.uuidString.lowercased()), "osType": .string(definition.osType),
            "vcpus": .optional(definition.vcpus), "memoryKiB": .optional(definition.memoryKiB),
            "maxMemoryKiB": .optional(definition.maxMemoryKiB), "createdAt": Render.time(template.createdAt),
            "volumes": .array(template.volumes.map(volume)),
            "interfaces": .array(
                definition.interfaces.map { interface in
                    [
                        "type": .string(interface.type), "source": .optional(interface.source),
                        "model": .optional(interface.model),
                    ]
                }),
        ]
    }

    private static func volume(_ volume: Template.Volume) -> JSONValue {
        [
            "target": .string(volume.target), "pool": .string(volume.volume.pool),
            "name": .string(volume.volume.name), "path": .string(volume.path), "format": .string(volume.format),
            "capacityBytes": .int(volume.capacityBytes),
        ]
    }

    private static func number(_ value: Int64?) -> JSONValue { value.map(JSONValue.int) ?? .null }
}
