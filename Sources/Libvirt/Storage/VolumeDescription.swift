// SPDX-License-Identifier: Apache-2.0

import Model

/// A volume's XML (https://libvirt.org/formatstorage.html), read and written.
enum VolumeDescription {
    /// Reads a volume.
    ///
    /// - Throws: `hypervisorFailed` where it is none.
    static func read(_ xml: [UInt8]) throws -> VolumeSnapshot {
        guard let root = try? XMLElement.parse(xml), root.name == "volume",
            let name = root.first("name")?.trimmedText, !name.isEmpty
        else {
            throw GatehouseError(.hypervisorFailed, "The node described a volume in a way that can not be read.")
        }
        let backing = root.first("backingStore")?.first("path")?.trimmedText
        return VolumeSnapshot(
            name: name, path: root.first("target")?.first("path")?.trimmedText ?? root.first("key")?.trimmedText ?? "",
            format: root.first("target")?.first("format")?["type"],
            capacityBytes: bytes(root.first("capacity")), allocatedBytes: bytes(root.first("allocation")),
            backingPath: backing?.isEmpty == true ? nil : backing)
    }

    private static func bytes(_ element: XMLElement?) -> Int64 {
        element.flatMap { Int64($0.trimmedText) } ?? 0
    }

    /// Describes a new volume, with what it holds the differences from where there is something.
    static func text(_ volume: NewVolume, backing: VolumeSnapshot? = nil) -> String {
        let allocation = volume.allocation == .preallocated ? volume.capacityBytes : 0
        var root = XMLElement(name: "volume")
        root.children = [
            XMLElement(name: "name", text: volume.name),
            XMLElement(name: "capacity", attributes: ["unit": "bytes"], text: String(volume.capacityBytes)),
            XMLElement(name: "allocation", attributes: ["unit": "bytes"], text: String(allocation)),
        ]
        if let format = volume.format {
            root.children.append(XMLElement(name: "target", children: [Self.format(format.rawValue)]))
        }
        if let backing {
            root.children.append(
                XMLElement(
                    name: "backingStore",
                    children: [XMLElement(name: "path", text: backing.path), format(backing.format ?? "raw")]))
        }
        return root.document
    }

    private static func format(_ word: String) -> XMLElement {
        XMLElement(name: "format", attributes: ["type": word])
    }
}
