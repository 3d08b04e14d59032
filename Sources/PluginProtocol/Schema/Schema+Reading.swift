// SPDX-License-Identifier: Apache-2.0

package import Model

extension Schema {
    /// The words of JSON Schema that a plugin's configuration may be described with.
    private static let words: Set = [
        "type", "description", "properties", "required", "additionalProperties", "enum", "minimum", "maximum",
        "maxLength", "items", "default",
    ]
    private static let mostMembers = 100
    private static let deepest = 8

    /// Reads the description of a plugin's configuration.
    ///
    /// - Throws: `invalidParameters`, with the place that is wrong.
    package init(configuration json: JSONValue, at field: String) throws {
        try self.init(json, field, depth: 0)
        guard kinds == [.object] else {
            throw GatehouseError.invalidParameter(field, "\(field).type must be object.")
        }
    }

    private init(_ json: JSONValue, _ field: String, depth: Int) throws {
        guard let members = json.objectValue, depth < Self.deepest else {
            throw GatehouseError.invalidParameter(
                field, "\(field) must be a JSON Schema, nested at most \(Self.deepest) levels.")
        }
        if let unknown = members.keys.filter({ !Self.words.contains($0) }).min() {
            throw GatehouseError.invalidParameter(
                "\(field).\(unknown)",
                "\(field).\(unknown) is not known; a configuration is described with "
                    + "\(Self.words.sorted().joined(separator: ", ")).")
        }
        self.init()
        kinds = try Self.kinds(members["type"], "\(field).type")
        description = try Self.given(members, "description", field, "a string", \.stringValue)
        minimum = try Self.given(members, "minimum", field, "a number", \.doubleValue)
        maximum = try Self.given(members, "maximum", field, "a number", \.doubleValue)
        maxLength = try Self.given(members, "maxLength", field, "a whole number", \.intValue).map { Int($0) }
        choices = try Self.given(members, "enum", field, "a list", \.arrayValue) ?? []
        allowsOthers = try Self.given(members, "additionalProperties", field, "true or false", \.boolValue) ?? true
        required =
            try Self.given(members, "required", field, "a list of strings") { value in
                value.arrayValue?.compactMap(\.stringValue)
            } ?? []
        if let items = members["items"] { self.items = [try Schema(items, "\(field).items", depth: depth + 1)] }
        for (name, property) in try Self.given(members, "properties", field, "a mapping", \.objectValue) ?? [:] {
            properties[name] = try Schema(property, "\(field).properties.\(name)", depth: depth + 1)
        }
        guard properties.count <= Self.mostMembers, choices.count <= Self.mostMembers else {
            throw GatehouseError.invalidParameter(
                field, "\(field) may have at most \(Self.mostMembers) properties and choices.")
        }
        if let value = members["default"] {
            try check(value, at: "\(field).default")
            defaultValue = value
        }
    }

    private static func kinds(_ value: JSONValue?, _ field: String) throws -> [Kind] {
        guard let value else { return [] }
        let names = value.arrayValue ?? [value]
        return try names.map { name in
            guard let kind = name.stringValue.flatMap(Kind.init(rawValue:)) else {
                let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw GatehouseError.invalidParameter(field, "\(field) must be one of \(known).")
            }
            return kind
        }
    }

    private static func given<T>(
        _ members: [String: JSONValue], _ name: String, _ field: String, _ wanted: String,
        _ read: (JSONValue) -> T?
    ) throws -> T? {
        guard let value = members[name] else { return nil }
        guard let result = read(value) else {
            throw GatehouseError.invalidParameter("\(field).\(name)", "\(field).\(name) must be \(wanted).")
        }
        return result
    }
}
