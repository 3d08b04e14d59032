// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// StorageLocation and StorageObject: a pool and a volume.
enum StorageStruct {
    /// StorageLocation for a pool of the core.
    static func location(_ pool: JSONValue) -> XMLRPCValue {
        .members([
            "id": .int(pool["id"]?.intValue ?? 0), "title": .string(pool["name"]?.stringValue ?? ""),
            "hasObjects": .boolean(holdsObjects(pool) && pool["hasVolumes"] == true),
            "allowNewObjects": .boolean(holdsObjects(pool) && pool["allowsNewVolumes"] == true),
        ])
    }

    /// StorageObject for a volume of the core; its size is in MB of 1,048,576 bytes, rounded up.
    static func object(_ volume: JSONValue) -> XMLRPCValue {
        let bytes = max(0, volume["capacityBytes"]?.intValue ?? 0)
        return .members([
            "id": .int(volume["id"]?.intValue ?? 0), "location": .int(volume["pool"]?.intValue ?? 0),
            "name": .string(volume["name"]?.stringValue ?? ""),
            "shared": .string(volume["shared"]?.stringValue ?? "none"),
            "in_use": .boolean(volume["inUse"] == true),
            "size": .int(bytes / 1_048_576 + (bytes % 1_048_576 == 0 ? 0 : 1)),
            "other": .string(volume["kind"]?.stringValue ?? ""),
        ])
    }

    /// Whether a location can hold objects: a physical device is one itself.
    static func holdsObjects(_ pool: JSONValue) -> Bool { pool["mechanism"] != "phys" }
}
