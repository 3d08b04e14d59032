// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// In what the disks that a client wants differ from those that a machine has.
struct DiskChange {
    /// A disk as a client describes it.
    struct Disk: Equatable {
        /// Its name in the guest; nil for the next that is free.
        var target: String?
        /// What is behind it.
        var path: String
        /// Whether it is only read.
        var isReadOnly: Bool
        /// How it is plugged in, where that is known.
        var bus: String?
        /// The format of what is behind it, where that is known.
        var format: String?
    }

    /// Those that are new.
    private(set) var added: [Disk] = []
    /// Those that have something else behind them, or are read in another way, and what they were.
    private(set) var replaced: [(was: Disk, wanted: Disk)] = []
    /// The names of those that go.
    private(set) var removed: [String] = []

    /// Those whose volumes have to be there and free.
    var attached: [Disk] { added + replaced.map(\.wanted) }

    /// Compares a list of DISK with the disks of a machine; nil, and members that are left out, stay.
    ///
    /// - Throws: the fault for a disk that can not be changed in this way.
    init(from machine: JSONValue, to list: XMLRPCValue?) throws {
        guard let list else { return }
        guard let wanted = list.arrayValue, wanted.count <= 1000 else { throw Self.fault("disks must be a list.") }
        var left = machine["disks"]?.arrayValue ?? []
        var seen: Set<String> = []
        for disk in wanted {
            let text = { (name: String) in disk[name].flatMap(ZentificArguments.text).flatMap { $0.isEmpty ? nil : $0 }
            }
            let target = text("int_dev") ?? text("label")
            if let target, !seen.insert(target).inserted { throw Self.fault("The disk \(target) is there twice.") }
            let mode = try text("mode").map(Self.isReadOnly)
            if let place = left.firstIndex(where: { $0["target"]?.stringValue == target }) {
                try compare(left.remove(at: place), path: disk["ext_dev"].flatMap(ZentificArguments.text), mode)
            } else {
                added.append(try Self.new(target, path: text("ext_dev"), mode))
            }
        }
        removed = left.compactMap { $0["target"]?.stringValue }
        try replaceMoved(left)
        let paths = attached.map(\.path)
        guard Set(paths).count == paths.count else { throw Self.fault("Two disks have the same ext_dev.") }
    }

    private static func new(_ target: String?, path: String?, _ mode: Bool?) throws -> Disk {
        guard let path else { throw fault("A new disk must have an ext_dev.") }
        guard target.map({ DiskBus(target: $0) != nil }) ?? true else {
            throw fault("A new disk must be called vda, sda, hda or the like, or not at all.")
        }
        return Disk(target: target, path: path, isReadOnly: mode ?? false)
    }

    private mutating func compare(_ present: JSONValue, path: String?, _ mode: Bool?) throws {
        let was = Self.disk(present)
        var wanted = was
        wanted.path = path ?? was.path
        wanted.isReadOnly = mode ?? was.isReadOnly
        guard wanted != was else { return }
        guard present["device"]?.stringValue == "disk", !wanted.path.isEmpty else {
            throw Self.fault("What is in \(was.target ?? "") can not be changed; only whole disks can be replaced.")
        }
        try Self.checkFormat(of: was)
        replaced.append((was, wanted))
    }

    /// What is the same under another name has to go before it can come.
    private mutating func replaceMoved(_ left: [JSONValue]) throws {
        for gone in left.filter({ $0["device"]?.stringValue == "disk" }).map(Self.disk) {
            guard let place = added.firstIndex(where: { $0.path == gone.path }) else { continue }
            try Self.checkFormat(of: gone)
            var moved = added.remove(at: place)
            moved.format = gone.format
            replaced.append((gone, moved))
            removed.removeAll { $0 == gone.target }
        }
    }

    /// What comes back in another format than it had would be spoiled.
    private static func checkFormat(of disk: Disk) throws {
        guard disk.format.flatMap(VolumeFormat.init(rawValue:)) == nil else { return }
        throw fault(
            "The disk \(disk.target ?? "") is neither raw nor qcow2 (\(disk.format ?? "unknown")), so it can not be "
                + "replaced.")
    }

    private static func disk(_ present: JSONValue) -> Disk {
        Disk(
            target: present["target"]?.stringValue, path: present["source"]?.stringValue ?? "",
            isReadOnly: present["readOnly"] == true, bus: present["bus"]?.stringValue,
            format: present["format"]?.stringValue)
    }

    private static func isReadOnly(_ mode: String) throws -> Bool {
        switch mode {
        case "r", "ro": return true
        case "w", "rw": return false
        default: throw fault("The mode of a disk must be r or w.")
        }
    }

    private static func fault(_ text: String) -> XMLRPCFault { ZentificFault.parameter("vm", text) }
}

extension DiskChange {
    /// What is to be done, in an order that loses nothing: first what comes, then what is replaced, then what goes.
    ///
    /// - Parameter volumes: the node's volumes by their paths.
    func steps(_ volumes: [String: JSONValue]) -> [SaveStep] {
        var steps = added.map { SaveStep("attached \($0.path)", "machine.attachDisk", Self.parameters($0, volumes)) }
        for (was, _) in replaced {
            var step = Self.detach(was.target ?? "")
            var back = Self.parameters(was, volumes)
            if Self.isShared(was, volumes) { back["shareable"] = true }
            step.undo = SaveStep.Undo(method: "machine.attachDisk", parameters: back)
            steps.append(step)
        }
        for (was, wanted) in replaced {
            var parameters = Self.parameters(wanted, volumes)
            // What others have too can only come back as something that is shared.
            if wanted.path == was.path, !wanted.isReadOnly, Self.isShared(was, volumes) {
                parameters["shareable"] = true
            }
            var step = SaveStep("attached \(wanted.path)", "machine.attachDisk", parameters)
            step.replaces = was.target
            steps.append(step)
        }
        return steps + removed.map(Self.detach)
    }

    /// Whether the machine may write to what is at a path already.
    func keepsToWrite(_ path: String) -> Bool {
        replaced.contains { $0.was.path == path && $0.wanted.path == path && !$0.was.isReadOnly }
    }

    private static func detach(_ target: String) -> SaveStep {
        SaveStep("detached \(target)", "machine.detachDisk", ["target": .string(target)])
    }

    /// Whether a disk is written to, and lets others write to it too.
    private static func isShared(_ disk: Disk, _ volumes: [String: JSONValue]) -> Bool {
        !disk.isReadOnly && volumes[disk.path]?["shared"]?.stringValue == "rw"
    }

    private static func parameters(_ disk: Disk, _ volumes: [String: JSONValue]) -> [String: JSONValue] {
        var parameters: [String: JSONValue] = ["readOnly": .bool(disk.isReadOnly)]
        if let volume = volumes[disk.path]?["id"] {
            parameters["volume"] = volume
        } else {
            parameters["path"] = .string(disk.path)
            parameters["format"] = disk.format.map(JSONValue.string)
        }
        parameters["target"] = disk.target.map(JSONValue.string)
        if let bus = disk.bus, DiskBus(rawValue: bus) != nil { parameters["bus"] = .string(bus) }
        return parameters
    }
}

extension ZentificCall {
    /// The node's volumes by their paths, where all that is to be attached can be.
    ///
    /// - Throws: `forbidden` for what is no volume, to others than superusers; `conflict` for what is in use.
    func checkedVolumes(for change: DiskChange, of machine: JSONValue) async throws -> [String: JSONValue] {
        guard !change.attached.isEmpty else { return [:] }
        let volumes = try await volumes(of: machine["node"] ?? .null)
        for disk in change.attached {
            guard let volume = volumes[disk.path] else {
                try requireSuperUser(for: disk.path)
                continue
            }
            let others = (volume["machines"]?.arrayValue ?? []).filter { $0 != machine["uuid"] }
            guard volume["template"]?.stringValue == nil,
                others.isEmpty || disk.isReadOnly
                    || (volume["shared"]?.stringValue == "rw" && change.keepsToWrite(disk.path))
            else {
                throw GatehouseError(.conflict, "\(disk.path) is in use. Nothing was changed.")
            }
        }
        // What is replaced must be there to be put back.
        for (was, _) in change.replaced where volumes[was.path] == nil { try requireSuperUser(for: was.path) }
        return volumes
    }

    private func requireSuperUser(for path: String) throws {
        guard isSuperUser else {
            throw GatehouseError(
                .forbidden, "\(path) is no volume of the node; only a superuser may use it. Nothing was changed.")
        }
    }

    private func volumes(of node: JSONValue) async throws -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for pool in try await core("pool.list", ["node": node])["pools"]?.arrayValue ?? []
        where pool["active"] == true && pool["hasVolumes"] == true {
            for volume in try await core("volume.list", ["pool": pool["id"] ?? .null])["volumes"]?.arrayValue ?? [] {
                found[volume["path"]?.stringValue ?? ""] = volume
                // A disk that names its volume is shown in this way.
                found["\(pool["name"]?.stringValue ?? "")/\(volume["name"]?.stringValue ?? "")"] = volume
            }
        }
        return found
    }
}
