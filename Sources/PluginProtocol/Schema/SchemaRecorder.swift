// SPDX-License-Identifier: Apache-2.0

package import Model

/// A type that says more of its fields than their types: what they are, and their limits.
package protocol SchemaAnnotated {
    /// What is to be said of each field.
    static var annotations: [FieldAnnotation] { get }
    /// Whether it may have members that are not known.
    static var allowsOthers: Bool { get }
}

extension SchemaAnnotated {
    /// A later version may add members, so they are left alone.
    package static var allowsOthers: Bool { true }
}

/// What is to be said of a field.
package struct FieldAnnotation {
    let name: String
    let description: String
    let limit: (inout Schema) -> Void

    /// Says what a field is, and sets its limits.
    package init(_ name: String, _ description: String, limit: @escaping (inout Schema) -> Void = { _ in }) {
        self.name = name
        self.description = description
        self.limit = limit
    }
}

/// A type with a schema of its own, which is not looked into.
package protocol SchemaDescribed {
    /// Its schema.
    static var schema: Schema { get }
    /// Any value of it.
    static var sample: Self { get }
}

extension JSONValue: SchemaDescribed {
    /// Anything.
    package static var schema: Schema { Schema() }
    /// Nothing.
    package static var sample: JSONValue { .null }
}

extension PluginPart: SchemaDescribed {
    /// One of the words.
    package static var schema: Schema {
        var schema = Schema(.string)
        schema.choices = allCases.map { .string($0.rawValue) }
        return schema
    }
    /// The first of the words.
    package static var sample: PluginPart { .rpc }
}

extension HeaderField: SchemaDescribed {
    /// A name and a value.
    package static var schema: Schema {
        var schema = Schema(.array)
        schema.items = [Schema(.string)]
        schema.minItems = 2
        schema.maxItems = 2
        return schema
    }
    /// An empty one.
    package static var sample: HeaderField { HeaderField(name: "", value: "") }
}

extension Schema {
    /// The schema of a Codable type: what its `init(from:)` asks for, and what its annotations add.
    package static func recorded<T: Decodable>(_ type: T.Type) throws -> Schema {
        let sheet = SchemaRecorder.Sheet()
        _ = try SchemaRecorder(sheet: sheet).decode(type)
        return sheet.schema
    }
}

/// Plays a decoder to learn which fields a type reads.
struct SchemaRecorder: Decoder {
    /// Where the schema under way is kept.
    final class Sheet {
        var schema = Schema()
        var fields: [String: Sheet] = [:]
        var optional: Set<String> = []
        var element: Sheet?

        func finish(_ type: Any.Type) {
            for (name, field) in fields {
                var property = field.schema
                if optional.contains(name), !property.kinds.isEmpty { property.kinds.append(.null) }
                schema.properties[name] = property
            }
            schema.required = fields.keys.filter { !optional.contains($0) }.sorted()
            if let element { schema.items = [element.schema] }
            guard let annotated = type as? any SchemaAnnotated.Type else { return }
            schema.allowsOthers = annotated.allowsOthers
            for annotation in annotated.annotations {
                guard var property = schema.properties[annotation.name] else {
                    preconditionFailure("\(type) has no field \(annotation.name)")
                }
                property.description = annotation.description
                annotation.limit(&property)
                schema.properties[annotation.name] = property
            }
        }
    }

    let sheet: Sheet
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        sheet.schema.kinds = [.object]
        return KeyedDecodingContainer(RecordedFields<Key>(sheet: sheet))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer {
        sheet.schema.kinds = [.array]
        return RecordedElements(sheet: sheet)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }
}

extension SchemaRecorder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { false }

    private func note<T>(_ kind: Schema.Kind, _ value: T) -> T {
        sheet.schema.kinds = [kind]
        return value
    }

    func decode(_ type: Bool.Type) -> Bool { note(.boolean, false) }
    func decode(_ type: String.Type) -> String { note(.string, "") }
    func decode(_ type: Double.Type) -> Double { note(.number, 0) }
    func decode(_ type: Float.Type) -> Float { note(.number, 0) }
    func decode(_ type: Int.Type) -> Int { note(.integer, 0) }
    func decode(_ type: Int8.Type) -> Int8 { note(.integer, 0) }
    func decode(_ type: Int16.Type) -> Int16 { note(.integer, 0) }
    func decode(_ type: Int32.Type) -> Int32 { note(.integer, 0) }
    func decode(_ type: Int64.Type) -> Int64 { note(.integer, 0) }
    func decode(_ type: UInt.Type) -> UInt { note(.integer, 0) }
    func decode(_ type: UInt8.Type) -> UInt8 { note(.integer, 0) }
    func decode(_ type: UInt16.Type) -> UInt16 { note(.integer, 0) }
    func decode(_ type: UInt32.Type) -> UInt32 { note(.integer, 0) }
    func decode(_ type: UInt64.Type) -> UInt64 { note(.integer, 0) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let described = type as? any (SchemaDescribed & Decodable).Type {
            sheet.schema = described.schema
            if let sample = described.sample as? T { return sample }
        }
        let value = try T(from: self)
        sheet.finish(type)
        return value
    }
}

/// The fields that a type reads.
private struct RecordedFields<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let sheet: SchemaRecorder.Sheet
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    /// Only `decodeIfPresent` asks this.
    func contains(_ key: Key) -> Bool {
        sheet.optional.insert(key.stringValue)
        return true
    }

    private func field(_ key: Key) -> SchemaRecorder {
        let field = SchemaRecorder.Sheet()
        sheet.fields[key.stringValue] = field
        return SchemaRecorder(sheet: field)
    }

    func decodeNil(forKey key: Key) -> Bool { false }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try field(key).decode(type) }
    func decode(_ type: Bool.Type, forKey key: Key) -> Bool { field(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) -> String { field(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) -> Double { field(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) -> Float { field(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) -> Int { field(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) -> Int8 { field(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) -> Int16 { field(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) -> Int32 { field(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) -> Int64 { field(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) -> UInt { field(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) -> UInt8 { field(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) -> UInt16 { field(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) -> UInt32 { field(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) -> UInt64 { field(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedDecodingContainer<Nested> { field(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { field(key).unkeyedContainer() }
    func superDecoder() -> any Decoder { SchemaRecorder(sheet: sheet) }
    func superDecoder(forKey key: Key) -> any Decoder { field(key) }
}

/// The one element of an array that shows what all are.
private struct RecordedElements: UnkeyedDecodingContainer {
    let sheet: SchemaRecorder.Sheet
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }
    private(set) var currentIndex = 0

    init(sheet: SchemaRecorder.Sheet) { self.sheet = sheet }

    private mutating func element() -> SchemaRecorder {
        currentIndex += 1
        let element = SchemaRecorder.Sheet()
        sheet.element = element
        return SchemaRecorder(sheet: element)
    }

    mutating func decodeNil() -> Bool { false }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try element().decode(type) }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedDecodingContainer<Nested> { element().container(keyedBy: type) }

    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { element().unkeyedContainer() }
    mutating func superDecoder() -> any Decoder { element() }
}
