// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// TEMPLATE: what machines are made after.
enum TemplateStruct {
    /// TEMPLATE for a template of the core.
    static func value(_ template: JSONValue) -> XMLRPCValue {
        .members([
            "id": .int(template["id"]?.intValue ?? 0), "name": text(template, "name"),
            "description": text(template, "description"), "type": text(template, "type"), "platform": 0,
            "architecture": .string(bits(template["architecture"]?.stringValue ?? "")),
            "uuid": text(template, "uuid"),
        ])
    }

    /// VM for the machine that the template is, which is always off.
    static func machine(_ template: JSONValue, node: JSONValue) -> XMLRPCValue {
        let volumes = template["volumes"]?.arrayValue ?? []
        let disks = volumes.map { volume -> JSONValue in
            [
                "target": volume["target"] ?? .null, "device": "disk", "source": volume["path"] ?? .null,
                "readOnly": false,
            ]
        }
        let sizes = volumes.map { volume -> JSONValue in
            [
                "target": volume["target"] ?? .null, "capacityBytes": volume["capacityBytes"] ?? .null,
                "allocatedBytes": volume["capacityBytes"] ?? .null,
            ]
        }
        var machine = template.objectValue ?? [:]
        machine["state"] = "off"
        machine["disks"] = .array(disks)
        return VMStruct(machine: .object(machine), stats: ["disks": .array(sizes)], node: node).value
    }

    private static func text(_ template: JSONValue, _ name: String) -> XMLRPCValue {
        .string(template[name]?.stringValue ?? "")
    }

    /// How wide the guest's processor is: `32` or `64`; empty where that is not known.
    private static func bits(_ architecture: String) -> String {
        if architecture.isEmpty { return "" }
        return architecture.contains("64") || architecture == "s390x" || architecture == "alpha" ? "64" : "32"
    }
}
