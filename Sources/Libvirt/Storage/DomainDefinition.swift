// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// A domain's XML as something that other domains are made after.
struct DomainDefinition {
    private var root: XMLElement

    /// Reads a definition.
    ///
    /// - Throws: `invalidParameters` where it is not a domain's XML.
    init(_ xml: [UInt8]) throws {
        guard let root = try? XMLElement.parse(xml), root.name == "domain", root.first("devices") != nil else {
            throw GatehouseError.invalidParameter("definition", "The definition is not that of a machine.")
        }
        self.root = root
    }

    /// What is known of it.
    func definition(text: [UInt8]) throws -> MachineDefinition {
        let known = try DomainDescription(xml: text)
        return MachineDefinition(
            text: withoutPasswords.document, osType: known.osType ?? "",
            architecture: root.first("os")?.first("type")?["arch"] ?? "", vcpus: known.vcpus,
            memoryKiB: known.memoryKiB, maxMemoryKiB: known.maxMemoryKiB, disks: disks.map(Self.disk),
            interfaces: known.interfaces)
    }

    /// The same with each password emptied, which tells that there is one.
    private var withoutPasswords: XMLElement {
        var root = root
        root.change("devices") { devices in
            devices.change("graphics") { if $0.attributes["passwd"] != nil { $0.attributes["passwd"] = "" } }
        }
        return root
    }

    /// What it takes of its node.
    var attachments: [AttachedDisk] { disks.compactMap(Self.attachment) }

    private var disks: [XMLElement] { root.first("devices")?.all("disk") ?? [] }

    private static func path(_ source: XMLElement?) -> String? { source?["file"] ?? source?["dev"] ?? source?["dir"] }

    private static func volume(_ source: XMLElement?) -> VolumeName? {
        guard let pool = source?["pool"], let name = source?["volume"] else { return nil }
        return VolumeName(pool: pool, name: name)
    }

    private static func disk(_ element: XMLElement) -> DefinedDisk {
        let device = element["device"] ?? "disk"
        let source = element.first("source")
        return DefinedDisk(
            target: element.first("target")?["dev"] ?? "",
            isOwn: (device == "disk" || device == "lun") && element.first("readonly") == nil,
            path: path(source), volume: volume(source))
    }

    private static func attachment(_ element: XMLElement) -> AttachedDisk? {
        var paths: [String] = []
        var layer: XMLElement? = element
        while let current = layer {
            if let path = path(current.first("source")) { paths.append(path) }
            layer = current.first("backingStore")
        }
        // What a block job writes to is in use as well.
        if let path = path(element.first("mirror")?.first("source")) { paths.append(path) }
        let volume = volume(element.first("source"))
        guard !paths.isEmpty || volume != nil else { return nil }
        let isRemovable = element["device"] == "cdrom"
        return AttachedDisk(
            paths: paths, volume: volume, isReadOnly: isRemovable || element.first("readonly") != nil,
            isShareable: element.first("shareable") != nil)
    }
}

// MARK: - Making another one

extension DomainDefinition {
    /// The definition of another machine after this one.
    ///
    /// What names a machine or its run alone is left out, so that the node makes its own: the place of its firmware
    /// variables, its generation number, the ports of its screens.
    func document(of copy: MachineCopy) throws -> String {
        var root = root
        root.attributes["id"] = nil
        root.children.removeAll { ["uuid", "name", "title"].contains($0.name) }
        root.children.insert(XMLElement(name: "uuid", text: copy.uuid.uuidString.lowercased()), at: 0)
        root.children.insert(XMLElement(name: "name", text: copy.name), at: 0)
        for index in root.children.indices {
            switch root.children[index].name {
            case "genid": root.children[index].text = ""
            case "os": root.children[index].change("nvram", Self.empty)
            case "sysinfo":
                root.children[index].change("system") { system in
                    system.children.removeAll { $0["name"] == "uuid" || $0["name"] == "serial" }
                }
            case "devices": try Self.change(&root.children[index], copy)
            default: break
            }
        }
        return root.document
    }

    private static func change(_ devices: inout XMLElement, _ copy: MachineCopy) throws {
        var macs = copy.macs[...]
        for index in devices.children.indices {
            switch devices.children[index].name {
            case "disk": change(disk: &devices.children[index], copy)
            case "interface":
                guard let mac = macs.popFirst() else {
                    throw GatehouseError(.internal, "The definition has more interfaces than there are addresses.")
                }
                devices.children[index].children.removeAll { $0.name == "mac" || $0.name == "target" }
                devices.children[index].children.insert(
                    XMLElement(name: "mac", attributes: ["address": mac]), at: 0)
            case "graphics": change(graphics: &devices.children[index])
            default: break
            }
        }
    }

    private static func empty(_ nvram: inout XMLElement) {
        (nvram.text, nvram.children) = ("", [])
        nvram.attributes["type"] = nil
    }

    private static func change(graphics: inout XMLElement) {
        if graphics["port"] != nil {
            graphics.attributes["port"] = "-1"
            graphics.attributes["tlsPort"] = nil
            graphics.attributes["autoport"] = "yes"
        }
        // What asked for a password goes on asking for one.
        guard graphics.attributes["passwd"] != nil else { return }
        graphics.attributes["passwdValidTo"] = nil
        graphics.attributes["passwd"] = password()
    }

    /// A password of the eight characters that VNC takes.
    private static func password() -> String {
        String((0..<8).compactMap { _ in "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789".randomElement() })
    }

    private static func change(disk: inout XMLElement, _ copy: MachineCopy) {
        guard let target = disk.first("target")?["dev"], let new = copy.disks[target] else { return }
        disk.attributes["type"] = new.isDevice ? "block" : "file"
        disk.children.removeAll { ["source", "backingStore", "mirror"].contains($0.name) }
        disk.change("driver") { $0.attributes["type"] = new.format }
        if disk.first("driver") == nil {
            disk.children.insert(
                XMLElement(name: "driver", attributes: ["name": "qemu", "type": new.format]), at: 0)
        }
        disk.children.insert(
            XMLElement(name: "source", attributes: [new.isDevice ? "dev" : "file": new.path]), at: 1)
    }
}

extension XMLElement {
    /// Changes every child of a name.
    fileprivate mutating func change(_ name: String, _ body: (inout XMLElement) -> Void) {
        for index in children.indices where children[index].name == name { body(&children[index]) }
    }
}
