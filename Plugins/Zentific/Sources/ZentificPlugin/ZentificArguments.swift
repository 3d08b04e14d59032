// SPDX-License-Identifier: Apache-2.0

import XMLRPC

/// The arguments of a call, checked against its row of the table.
struct ZentificArguments: Sendable {
    private let values: [String: XMLRPCValue]

    /// Checks arguments; the ones after the last parameter are too many.
    ///
    /// - Throws: a fault that names the first parameter that is wrong.
    init(_ given: [XMLRPCValue], for parameters: [ZentificParameter]) throws {
        var values: [String: XMLRPCValue] = [:]
        for (place, parameter) in parameters.enumerated() {
            guard place < given.count else {
                if parameter.isOptional { break }
                throw ZentificFault.parameter(parameter.name, "It is missing.")
            }
            values[parameter.name] = try Self.converted(given[place], parameter)
        }
        guard given.count <= parameters.count else {
            throw ZentificFault.parameter(
                "\(parameters.count + 1)", "The method takes \(parameters.count) parameters; leave the rest out.")
        }
        self.values = values
    }

    private static func converted(_ value: XMLRPCValue, _ parameter: ZentificParameter) throws -> XMLRPCValue {
        switch parameter.kind {
        case .text:
            guard let text = text(value) else { throw ZentificFault.parameter(parameter.name, "It must be text.") }
            return .string(text)
        case .uuid:
            guard let text = value.stringValue, UUIDText.isValid(text) else {
                throw ZentificFault.parameter(parameter.name, "It must be a UUID: 36 characters, hyphens included.")
            }
            return .string(text.lowercased())
        case .int:
            guard let number = value.intValue ?? value.stringValue.flatMap({ Int64($0) }) else {
                throw ZentificFault.parameter(parameter.name, "It must be a whole number.")
            }
            return .int(number)
        case .flag:
            guard let flag = flag(value) else { throw ZentificFault.parameter(parameter.name, "It must be 0 or 1.") }
            return .boolean(flag)
        case .members:
            guard value.structValue != nil else {
                throw ZentificFault.parameter(parameter.name, "It must be a struct.")
            }
            return value
        case .ints: return .array(try numbers(value, parameter))
        }
    }

    private static func numbers(_ value: XMLRPCValue, _ parameter: ZentificParameter) throws -> [XMLRPCValue] {
        guard let list = value.arrayValue, list.count <= 1000 else {
            throw ZentificFault.parameter(parameter.name, "It must be a list of at most 1,000 whole numbers.")
        }
        return try list.map { element in
            guard let number = element.intValue ?? element.stringValue.flatMap({ Int64($0) }) else {
                throw ZentificFault.parameter(parameter.name, "It must be a list of whole numbers.")
            }
            return .int(number)
        }
    }

    /// What old clients send where text is wanted.
    static func text(_ value: XMLRPCValue) -> String? {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .boolean(let flag): flag ? "1" : "0"
        default: nil
        }
    }

    /// What old clients send where a truth value is wanted.
    static func flag(_ value: XMLRPCValue) -> Bool? {
        switch value {
        case .boolean(let flag): flag
        case .int(0), .string("0"): false
        case .int(1), .string("1"): true
        default: nil
        }
    }

    /// The text of a parameter that the row has.
    func text(_ name: String) -> String { values[name]?.stringValue ?? "" }

    /// The number of a parameter that the row has.
    func int(_ name: String) -> Int64 { values[name]?.intValue ?? 0 }

    /// The numbers of a parameter that the row has.
    func ints(_ name: String) -> [Int64] { values[name]?.arrayValue?.compactMap(\.intValue) ?? [] }

    /// The struct of a parameter that the row has.
    func members(_ name: String) -> XMLRPCValue { values[name] ?? .members([:]) }

    /// Whether a parameter that may be left out was given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The truth value of a parameter that the row has.
    func flag(_ name: String) -> Bool { values[name]?.boolValue ?? false }
}
