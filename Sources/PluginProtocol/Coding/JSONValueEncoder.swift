// SPDX-License-Identifier: Apache-2.0

package import Model

/// Writes Codable types as a `JSONValue`, so that one writer makes all JSON.
package struct JSONValueEncoder: Encoder {
    /// Where a value under way is put.
    final class Slot {
        var value: JSONValue = .null
        var members: [String: Slot]?
        var elements: [Slot]?

        var finished: JSONValue {
            if let members { return .object(members.mapValues(\.finished)) }
            if let elements { return .array(elements.map(\.finished)) }
            return value
        }

        func member(_ name: String) -> Slot {
            let slot = Slot()
            members?[name] = slot
            return slot
        }

        func element() -> Slot {
            let slot = Slot()
            elements?.append(slot)
            return slot
        }
    }

    let slot: Slot
    package let codingPath: [any CodingKey]

    /// Nothing.
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(_ slot: Slot, at path: [any CodingKey]) {
        self.slot = slot
        codingPath = path
    }

    /// Writes a value.
    package static func encode(_ value: some Encodable) throws -> JSONValue {
        let slot = Slot()
        try JSONValueEncoder(slot, at: []).encode(value)
        return slot.finished
    }

    /// An object.
    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if slot.members == nil { slot.members = [:] }
        return KeyedEncodingContainer(KeyedSlots<Key>(slot: slot, codingPath: codingPath))
    }

    /// An array.
    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if slot.elements == nil { slot.elements = [] }
        return ElementSlots(slot: slot, codingPath: codingPath)
    }

    /// A value alone.
    package func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONValueEncoder: SingleValueEncodingContainer {
    /// `null`.
    package func encodeNil() { slot.value = .null }
    /// A boolean.
    package func encode(_ value: Bool) { slot.value = .bool(value) }
    /// A string.
    package func encode(_ value: String) { slot.value = .string(value) }
    /// A number.
    package func encode(_ value: Double) { slot.value = .double(value) }
    /// A number.
    package func encode(_ value: Float) { slot.value = .double(Double(value)) }

    private func whole(_ value: some FixedWidthInteger) throws {
        guard let number = Int64(exactly: value) else {
            throw GatehouseError(.internal, "A whole number does not fit 64 bits.")
        }
        slot.value = .int(number)
    }

    /// A whole number.
    package func encode(_ value: Int) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: Int8) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: Int16) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: Int32) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: Int64) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: UInt) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: UInt8) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: UInt16) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: UInt32) throws { try whole(value) }
    /// A whole number.
    package func encode(_ value: UInt64) throws { try whole(value) }
    /// A value of any other type.
    package func encode<T: Encodable>(_ value: T) throws { try value.encode(to: self) }
}
