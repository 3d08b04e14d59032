// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model

/// A parameter of a core method: its name, what fits it, and what it is for.
package struct Parameter: Sendable {
    /// What fits.
    package enum Kind: Sendable, Equatable {
        /// Text of at most that many bytes.
        case string(maximum: Int)
        /// A whole number in that range.
        case int(ClosedRange<Int64>)
        case bool
        /// One of some words.
        case word([String])
        /// Some of some words, at most that many.
        case words([String], maximum: Int)
        /// A list of at most that many texts of at most 200 bytes.
        case texts(maximum: Int)
        /// A list of at most that many whole numbers in a range.
        case ints(ClosedRange<Int64>, maximum: Int)
        /// An object that takes at most that many bytes.
        case object(maximumBytes: Int)
        /// Any value that takes at most that many bytes.
        case any(maximumBytes: Int)
    }

    /// Its name.
    package let name: String
    /// What fits.
    package let kind: Kind
    /// Whether it must be given.
    package let isRequired: Bool
    /// What it is for.
    package let summary: String

    /// A parameter that must be given.
    package static func required(_ name: String, _ kind: Kind, _ summary: String) -> Parameter {
        Parameter(name: name, kind: kind, isRequired: true, summary: summary)
    }

    /// A parameter that may be left out; `null` counts as left out.
    package static func optional(_ name: String, _ kind: Kind, _ summary: String) -> Parameter {
        Parameter(name: name, kind: kind, isRequired: false, summary: summary)
    }

    /// The machine that a method is about.
    package static let machine = required(
        "machine", .string(maximum: 200), "The machine's UUID, with @node where the UUID is not unique.")

    /// Checks a value.
    ///
    /// - Throws: `invalidParameters`, saying what fits.
    func check(_ value: JSONValue) throws {
        let fits =
            switch kind {
            case .string(let maximum):
                value.stringValue.map { $0.utf8.count <= maximum && !$0.utf8.contains(0) } ?? false
            case .int(let range): value.intValue.map(range.contains) ?? false
            case .bool: value.boolValue != nil
            case .word(let words): value.stringValue.map(words.contains) ?? false
            case .words(let words, let maximum):
                value.arrayValue.map { list in
                    list.count <= maximum && list.allSatisfy { $0.stringValue.map(words.contains) ?? false }
                } ?? false
            case .texts(let maximum):
                value.arrayValue.map { list in
                    list.count <= maximum && list.allSatisfy { $0.stringValue.map { $0.utf8.count <= 200 } ?? false }
                } ?? false
            case .ints(let range, let maximum):
                value.arrayValue.map { list in
                    list.count <= maximum && list.allSatisfy { $0.intValue.map(range.contains) ?? false }
                } ?? false
            case .object(let maximum): value.objectValue != nil && JSONWriter.bytes(value).count <= maximum
            case .any(let maximum): JSONWriter.bytes(value).count <= maximum
            }
        guard fits else { throw GatehouseError.invalidParameter(name, "\(name) must be \(description).") }
    }

    /// What fits, in words.
    private var description: String {
        switch kind {
        case .string(let maximum): "text of at most \(maximum) bytes"
        case .int(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .bool: "true or false"
        case .word(let words): "one of \(words.joined(separator: ", "))"
        case .words(let words, let maximum):
            "a list of at most \(maximum) of \(words.joined(separator: ", "))"
        case .texts(let maximum): "a list of at most \(maximum) texts of at most 200 bytes"
        case .ints(let range, let maximum):
            "a list of at most \(maximum) whole numbers from \(range.lowerBound) to \(range.upperBound)"
        case .object(let maximum): "an object of at most \(maximum) bytes"
        case .any(let maximum): "a value of at most \(maximum) bytes"
        }
    }

    /// What fits, as JSON Schema (2020-12).
    var schema: JSONValue {
        switch kind {
        case .string(let maximum): ["type": "string", "maxLength": .int(Int64(maximum))]
        case .int(let range):
            ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
        case .bool: ["type": "boolean"]
        case .word(let words): ["type": "string", "enum": .array(words.map(JSONValue.string))]
        case .words(let words, let maximum):
            [
                "type": "array", "maxItems": .int(Int64(maximum)),
                "items": ["type": "string", "enum": .array(words.map(JSONValue.string))],
            ]
        case .texts(let maximum):
            ["type": "array", "maxItems": .int(Int64(maximum)), "items": ["type": "string", "maxLength": 200]]
        case .ints(let range, let maximum):
            [
                "type": "array", "maxItems": .int(Int64(maximum)),
                "items": [
                    "type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound),
                ],
            ]
        case .object: ["type": "object"]
        case .any: ["type": ["string", "number", "boolean", "object", "array", "null"]]
        }
    }
}

/// The checked parameters of one call.
package struct Arguments: Sendable {
    private let values: [String: JSONValue]

    /// Checks values against what a method takes.
    ///
    /// - Throws: `invalidParameters` for one that is missing, unknown or unfit.
    init(_ values: [String: JSONValue], for parameters: [Parameter]) throws {
        var checked: [String: JSONValue] = [:]
        for parameter in parameters {
            guard let value = values[parameter.name], !value.isNull else {
                guard !parameter.isRequired else {
                    throw GatehouseError.invalidParameter(parameter.name, "\(parameter.name) is missing.")
                }
                continue
            }
            try parameter.check(value)
            checked[parameter.name] = value
        }
        let known = Set(parameters.map(\.name))
        if let unknown = values.keys.sorted().first(where: { !known.contains($0) }) {
            let choice = parameters.isEmpty ? "none" : parameters.map(\.name).joined(separator: ", ")
            throw GatehouseError.invalidParameter(
                unknown, "\(unknown) is no parameter of this method; it takes \(choice).")
        }
        self.values = checked
    }

    /// A text; empty where the parameter is not given.
    func string(_ name: String) -> String { values[name]?.stringValue ?? "" }

    /// A text, if given.
    func optionalString(_ name: String) -> String? { values[name]?.stringValue }

    /// A whole number, if given.
    func optionalInt(_ name: String) -> Int64? { values[name]?.intValue }

    /// A truth value, if given.
    func optionalBool(_ name: String) -> Bool? { values[name]?.boolValue }

    /// A value of any kind, if given.
    func value(_ name: String) -> JSONValue? { values[name] }

    /// A list of whole numbers; empty where the parameter is not given.
    func ints(_ name: String) -> [Int64] { values[name]?.arrayValue?.compactMap(\.intValue) ?? [] }

    /// A list of texts, if given.
    func optionalTexts(_ name: String) -> [String]? { values[name]?.arrayValue?.compactMap(\.stringValue) }

    /// A list of words; empty where the parameter is not given.
    func words(_ name: String) -> [String] { values[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}
