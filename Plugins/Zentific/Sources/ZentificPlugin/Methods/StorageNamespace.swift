// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let storage = [
        ZentificMethod(
            "Storage.getLocations", [.uuid(), .text("mechanism")], returns: "array of StorageLocation"
        ) { call in
            .array(try await call.locations().map(StorageStruct.location))
        },
        ZentificMethod(
            "Storage.getObjects", [.uuid(), .text("mechanism"), .int("location")], returns: "array of StorageObject"
        ) { call in
            let location = call.arguments.int("location")
            guard let pool = try await call.locations().first(where: { $0["id"]?.intValue == location }) else {
                throw GatehouseError(
                    .notFound, "The node has no such location of that mechanism.", details: ["parameter": "location"])
            }
            // A device as a whole is the location and holds nothing.
            guard StorageStruct.holdsObjects(pool) else { return .array([]) }
            let volumes = try await call.core("volume.list", ["pool": .int(location)])["volumes"]?.arrayValue ?? []
            return .array(volumes.map(StorageStruct.object))
        },
        ZentificMethod("Storage.getLocation", [.int("id")], returns: "StorageLocation") { call in
            StorageStruct.location(try await call.thing("pool"))
        },
        ZentificMethod("Storage.getObject", [.int("id")], returns: "StorageObject") { call in
            StorageStruct.object(try await call.thing("volume"))
        },
    ]

    static let templates = [
        ZentificMethod("VM.getTemplates", returns: "array of TEMPLATE") { call in
            .array(try await call.templates().map(TemplateStruct.value))
        },
        ZentificMethod("VM.getTemplate", [.text("name")], returns: "VM") { call in
            let name = call.arguments.text("name")
            guard let template = try await call.templates().first(where: { $0["name"]?.stringValue == name }) else {
                throw GatehouseError(.notFound, "There is no such template.", details: ["parameter": "name"])
            }
            return TemplateStruct.machine(template, node: await call.node(of: template))
        },
    ]
}

extension ZentificCall {
    /// The pools of the node and the mechanism that the call names.
    fileprivate func locations() async throws -> [JSONValue] {
        let node = try await listedNode()["name"] ?? .null
        let mechanism = arguments.text("mechanism")
        return try await core("pool.list", ["node": node, "mechanism": .string(mechanism)])["pools"]?.arrayValue ?? []
    }

    /// The pool or volume of the number that the call names.
    fileprivate func thing(_ noun: String) async throws -> JSONValue {
        let number = arguments.int("id")
        let missing = GatehouseError(.notFound, "There is nothing of that number.", details: ["parameter": "id"])
        guard number > 0 else { throw missing }
        do {
            return try await core("\(noun).show", [noun: .int(number)])[noun] ?? .null
        } catch let error as GatehouseError where error.code == .notFound {
            throw missing
        }
    }

    /// The templates that the caller may see.
    fileprivate func templates() async throws -> [JSONValue] {
        try await core("template.list")["templates"]?.arrayValue ?? []
    }
}
