// SPDX-License-Identifier: Apache-2.0

/// A value as XML-RPC carries it (xmlrpc.com/spec); `nil` is an extension that is not spoken here.
package enum XMLRPCValue: Sendable, Equatable {
    /// `int`, `i4` or, beyond 32 bits, the common extension `i8`.
    case int(Int64)
    case boolean(Bool)
    /// A finite number.
    case double(Double)
    /// `string`, or a value without a type.
    case string(String)
    case dateTime(XMLRPCDateTime)
    case base64([UInt8])
    case array([XMLRPCValue])
    /// Members in the order in which they are written; no name stands twice.
    case structure([XMLRPCMember])
}

/// A member of a struct.
package struct XMLRPCMember: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its value.
    package var value: XMLRPCValue

    /// Makes a member.
    package init(_ name: String, _ value: XMLRPCValue) {
        self.name = name
        self.value = value
    }
}

extension XMLRPCValue {
    /// A struct with these members, in this order.
    package static func members(_ members: KeyValuePairs<String, XMLRPCValue>) -> XMLRPCValue {
        .structure(members.map { XMLRPCMember($0.key, $0.value) })
    }

    /// The whole number, if this is one; a double without a fraction counts.
    package var intValue: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The truth value, if this is a boolean.
    package var boolValue: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// The number, if this is one.
    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The text, if this is a string.
    package var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The elements, if this is an array.
    package var arrayValue: [XMLRPCValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The members, if this is a struct.
    package var structValue: [XMLRPCMember]? {
        if case .structure(let value) = self { value } else { nil }
    }

    /// The member of that name, or nil where this is no struct or has no such member.
    package subscript(name: String) -> XMLRPCValue? { structValue?.first { $0.name == name }?.value }
}

extension XMLRPCValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral
{
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }

    /// A whole number.
    package init(integerLiteral value: Int64) { self = .int(value) }

    /// A boolean.
    package init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// A number.
    package init(floatLiteral value: Double) { self = .double(value) }

    /// An array.
    package init(arrayLiteral elements: XMLRPCValue...) { self = .array(elements) }
}
