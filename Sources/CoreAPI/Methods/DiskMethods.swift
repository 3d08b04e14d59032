// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension CoreAPI {
    static let machineDiskMethods = [
        Method(
            "machine.attachDisk",
            "Gives a machine a volume of its node as a disk, at once where it runs; for admins of the node too.",
            right: .operate,
            parameters: [
                .machine, .optional("volume", .int(1...Int64.max), "The volume's number."),
                .optional(
                    "path", .string(maximum: 1024), "In place of a volume, a path on the node; for superusers."),
                .optional(
                    "format", .word(VolumeFormat.allCases.map(\.rawValue)),
                    "The image format of what is at a path and no volume; raw if left out."),
                .optional("target", .string(maximum: 8), "Its name in the guest, such as vdb; one that is free."),
                .optional(
                    "bus", .word(DiskBus.allCases.map(\.rawValue)),
                    "How it is plugged in; as its name tells if left out, else virtio."),
                .optional("readOnly", .bool, "Whether the guest may only read it."),
                .optional("shareable", .bool, "Whether other machines may write to it too; raw volumes only."),
            ],
            result: "{machine, target, pending}: pending where it counts from the machine's next start on",
            isChange: true
        ) { call in
            let (target, outcome) = try await call.core.storage.attachDisk(
                try await call.diskOrder(), to: try call.machine().id, by: call.actor)
            return [
                "machine": try await call.renderedMachine(), "target": .string(target),
                "pending": .bool(outcome == .pending),
            ]
        },
        Method(
            "machine.detachDisk", "Takes a disk from a machine; its volume stays as it is.", right: .operate,
            parameters: [.machine, .required("target", .string(maximum: 32), "The disk's name in the guest.")],
            result: "{machine, pending}: pending while the machine that runs has not let go of it yet", isChange: true
        ) { call in
            let outcome = try await call.core.storage.detachDisk(
                call.arguments.string("target"), from: try call.machine().id, by: call.actor)
            return ["machine": try await call.renderedMachine(), "pending": .bool(outcome == .pending)]
        },
    ]
}

extension Call {
    /// The disk that is asked for, where the caller may use what is to be behind it.
    ///
    /// - Throws: `forbidden` for a path, or for a volume of a node that the caller is no admin of; `notFound`;
    ///   `invalidParameters`.
    fileprivate func diskOrder() async throws -> DiskOrder {
        let isSuperUser = core.access.isSuperUser(principal)
        let source: DiskOrder.Source
        switch (arguments.optionalInt("volume"), arguments.optionalString("path")) {
        case (.some, nil):
            let (volume, pool) = try await volume(toChange: true)
            guard pool.node == (try machine().id.node) else {
                throw GatehouseError.invalidParameter("volume", "The volume is on another node than the machine.")
            }
            guard arguments.optionalString("format") == nil else {
                throw GatehouseError.invalidParameter("format", "A volume has a format of its own; leave it out.")
            }
            source = .volume(volume, pool)
        case (nil, let path?):
            guard isSuperUser else {
                throw GatehouseError(.forbidden, "Only a superuser may attach what is at a path; name a volume.")
            }
            let format = arguments.optionalString("format").flatMap(VolumeFormat.init(rawValue:))
            source = .path(path, format ?? .raw)
        default: throw GatehouseError.invalidParameter("volume", "Name either a volume or a path.")
        }
        return DiskOrder(
            source: source, target: arguments.optionalString("target"),
            bus: arguments.optionalString("bus").flatMap(DiskBus.init(rawValue:)),
            isReadOnly: arguments.optionalBool("readOnly") ?? false,
            isShareable: arguments.optionalBool("shareable") ?? false, isConfined: !isSuperUser)
    }
}
