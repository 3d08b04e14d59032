// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let poolParameter = Parameter.required("pool", .int(1...Int64.max), "The pool's number.")
private let volumeParameter = Parameter.required("volume", .int(1...Int64.max), "The volume's number.")
private let volumeName = Parameter.required(
    "name", .string(maximum: StorageRules.nameLimit), "The name: letters, digits, dots, underscores and hyphens.")

extension CoreAPI {
    static let storageMethods = poolMethods + volumeMethods

    private static let poolMethods = [
        Method(
            "pool.list", "Lists the storage pools of a node.", right: .user,
            parameters: [
                .node, .optional("mechanism", .string(maximum: 40), "Only of that kind: file, lvm, phys, iscsi."),
            ],
            result: "{pools}"
        ) { call in
            let pools = try await call.core.storage.pools(of: try await call.viewedNode().record.id)
            let mechanism = call.arguments.optionalString("mechanism")
            return [
                "pools": .array(
                    pools.filter { mechanism == nil || $0.record.mechanism == mechanism }.map(Render.pool))
            ]
        },
        Method("pool.show", "Shows a storage pool.", right: .user, parameters: [poolParameter], result: "{pool}") {
            call in
            ["pool": Render.pool(try await call.core.storage.pool(try await call.pool()))]
        },
        Method(
            "pool.refresh", "Has a pool look for volumes that came or went without it.", right: .user,
            parameters: [poolParameter], result: "{pool}", isChange: true, isRepeatable: true
        ) { call in
            ["pool": Render.pool(try await call.core.storage.refresh(try await call.pool(toChange: true)))]
        },
    ]

    private static let volumeMethods = [
        Method(
            "volume.list", "Lists the volumes of a pool, with what uses them.", right: .user,
            parameters: [poolParameter], result: "{volumes}"
        ) { call in
            let volumes = try await call.core.storage.volumes(of: try await call.pool())
            return ["volumes": .array(volumes.map { call.render.volume($0, for: call.principal) })]
        },
        Method(
            "volume.show", "Shows a volume, with what uses it.", right: .user, parameters: [volumeParameter],
            result: "{volume}"
        ) { call in
            let (volume, pool) = try await call.volume()
            return [
                "volume": call.render.volume(try await call.core.storage.volume(volume, in: pool), for: call.principal)
            ]
        },
        Method(
            "volume.create", "Makes an empty volume.", right: .user,
            parameters: [
                poolParameter, volumeName,
                .required("capacityBytes", .int(StorageRules.sizes), "How large a guest sees it, 1 MiB to 64 TiB."),
                .optional(
                    "format", .word(VolumeFormat.allCases.map(\.rawValue)),
                    "The image format; qcow2 if left out where volumes are files."),
                .optional(
                    "allocation", .word(VolumeAllocation.allCases.map(\.rawValue)),
                    "Whether its place is taken as the guest writes, or at once."),
            ],
            result: "{volume}", isChange: true
        ) { call in
            let arguments = call.arguments
            let order = VolumeOrder(
                name: arguments.string("name"), capacityBytes: arguments.optionalInt("capacityBytes") ?? 0,
                format: arguments.optionalString("format").flatMap(VolumeFormat.init(rawValue:)),
                allocation: arguments.optionalString("allocation").flatMap(VolumeAllocation.init(rawValue:)))
            let made = try await call.core.storage.createVolume(order, in: try await call.pool(toChange: true))
            return ["volume": call.render.volume(made, for: call.principal)]
        },
        Method(
            "volume.delete", "Deletes a volume with its content; refused while anything uses it.", right: .user,
            parameters: [volumeParameter], result: "{}", isChange: true
        ) { call in
            let (volume, pool) = try await call.volume(toChange: true)
            try await call.core.storage.deleteVolume(volume, in: pool)
            return [:]
        },
        Method(
            "volume.clone", "Copies a volume within its pool; that may take long, and can be a job.", right: .user,
            parameters: [
                volumeParameter, volumeName,
                .optional(
                    "linked", .bool, "Whether the new one holds only the differences (qcow2); false if left out."),
            ],
            result: "{volume}", isChange: true
        ) { call in
            let (volume, pool) = try await call.volume(toChange: true)
            let made = try await call.core.storage.cloneVolume(
                volume, in: pool, to: call.arguments.string("name"),
                linked: call.arguments.optionalBool("linked") ?? false, by: call.actor)
            return ["volume": call.render.volume(made, for: call.principal)]
        },
    ]
}

extension Call {
    /// Who acts, for machines' locks.
    var actor: StorageActor { StorageActor(name: principal.name ?? "nobody", job: principal.job) }

    /// The pool that is named, where the caller may see its node, or change it.
    ///
    /// - Throws: `notFound`, `forbidden`.
    func pool(toChange: Bool = false) async throws -> PoolRecord {
        let record = try await core.storage.record(PoolID(arguments.optionalInt("pool") ?? 0))
        try await check(record?.node, "pool", toChange: toChange)
        guard let record else { throw GatehouseError(.notFound, "There is no such pool.") }
        return record
    }

    /// The volume that is named, with its pool, where the caller may see their node, or change it.
    ///
    /// - Throws: `notFound`, `forbidden`.
    func volume(toChange: Bool = false) async throws -> (volume: VolumeRecord, pool: PoolRecord) {
        let found = try await core.storage.record(VolumeID(arguments.optionalInt("volume") ?? 0))
        try await check(found?.pool.node, "volume", toChange: toChange)
        guard let found else { throw GatehouseError(.notFound, "There is no such volume.") }
        return found
    }

    /// Checks the caller's rights on the node of something that he named by its number.
    ///
    /// - Throws: `notFound`, the same where it is not there and where he does not see its node; `forbidden`.
    func check(_ id: NodeID?, _ thing: String, toChange: Bool) async throws {
        guard let id, let node = await core.inventory.node(id), await core.maySee(node, principal) else {
            throw GatehouseError(.notFound, "There is no such \(thing), or you have no rights on its node.")
        }
        if toChange { try requireOperating(node) } else { try requireViewing(node) }
    }
}
