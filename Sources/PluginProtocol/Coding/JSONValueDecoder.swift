// SPDX-License-Identifier: Apache-2.0

package import Model

/// Reads Codable types from a `JSONValue`, so that one parser with its limits reads all JSON.
///
/// Every failure is an `invalidParameters` error that names the field.
package struct JSONValueDecoder: Decoder {
    let value: JSONValue
    package let codingPath: [any CodingKey]

    /// Nothing.
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ value: JSONValue, at path: [any CodingKey]) {
        self.value = value
        codingPath = path
    }

    /// Reads a value of that type.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    package static func decode<T: Decodable>(_ type: T.Type, from value: JSONValue) throws -> T {
        do {
            return try JSONValueDecoder(value, at: []).decode(type)
        } catch let error as DecodingError {
            throw GatehouseError(decoding: error)
        }
    }

    /// An object's members.
    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard let members = value.objectValue else { throw mismatch("an object") }
        return KeyedDecodingContainer(KeyedValues<Key>(members: members, codingPath: codingPath))
    }

    /// An array's elements.
    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = value.arrayValue else { throw mismatch("an array") }
        return ElementValues(elements: elements, codingPath: codingPath)
    }

    /// The value alone.
    package func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch(_ wanted: String) -> GatehouseError {
        let field = FieldPath.text(codingPath)
        return .invalidParameter(field, "\(field.isEmpty ? "The value" : field) must be \(wanted).")
    }
}

extension JSONValueDecoder: SingleValueDecodingContainer {
    /// Whether it is `null`.
    package func decodeNil() -> Bool { value.isNull }

    /// A boolean.
    package func decode(_ type: Bool.Type) throws -> Bool {
        guard let flag = value.boolValue else { throw mismatch("true or false") }
        return flag
    }

    /// A string.
    package func decode(_ type: String.Type) throws -> String {
        guard let text = value.stringValue else { throw mismatch("a string") }
        return text
    }

    /// A number.
    package func decode(_ type: Double.Type) throws -> Double {
        guard let number = value.doubleValue else { throw mismatch("a number") }
        return number
    }

    /// A number.
    package func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

    private func whole<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard let number = value.intValue.flatMap({ T(exactly: $0) }) else { throw mismatch("a whole number") }
        return number
    }

    /// A whole number.
    package func decode(_ type: Int.Type) throws -> Int { try whole(type) }
    /// A whole number.
    package func decode(_ type: Int8.Type) throws -> Int8 { try whole(type) }
    /// A whole number.
    package func decode(_ type: Int16.Type) throws -> Int16 { try whole(type) }
    /// A whole number.
    package func decode(_ type: Int32.Type) throws -> Int32 { try whole(type) }
    /// A whole number.
    package func decode(_ type: Int64.Type) throws -> Int64 { try whole(type) }
    /// A whole number.
    package func decode(_ type: UInt.Type) throws -> UInt { try whole(type) }
    /// A whole number.
    package func decode(_ type: UInt8.Type) throws -> UInt8 { try whole(type) }
    /// A whole number.
    package func decode(_ type: UInt16.Type) throws -> UInt16 { try whole(type) }
    /// A whole number.
    package func decode(_ type: UInt32.Type) throws -> UInt32 { try whole(type) }
    /// A whole number.
    package func decode(_ type: UInt64.Type) throws -> UInt64 { try whole(type) }
    /// A value of any other type.
    package func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let value = value as? T { return value }
        return try T(from: self)
    }
}
