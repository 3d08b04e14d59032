// SPDX-License-Identifier: Apache-2.0

package import Model

/// What a JSON value must be like: the part of JSON Schema (2020-12) that is needed here.
package struct Schema: Sendable, Equatable {
    /// The types of JSON.
    package enum Kind: String, Sendable, CaseIterable {
        case null
        case boolean
        case integer
        case number
        case string
        case array
        case object
    }

    /// The types that are allowed; empty for any.
    package var kinds: [Kind] = []
    /// What it is, for people.
    package var description: String?
    /// The members of an object.
    package var properties: [String: Schema] = [:]
    /// The members that must be there.
    package var required: [String] = []
    /// Whether an object may have members that are not among the properties.
    package var allowsOthers = true
    /// What the elements of an array are; one schema or none.
    package var items: [Schema] = []
    /// The only values that are allowed; empty for no such list.
    package var choices: [JSONValue] = []
    /// The least number.
    package var minimum: Double?
    /// The greatest number.
    package var maximum: Double?
    /// The least length of a string, in characters (Unicode scalars).
    package var minLength: Int?
    /// The greatest length of a string, in characters (Unicode scalars).
    package var maxLength: Int?
    /// A regular expression that the whole string matches.
    package var pattern: String?
    /// The least number of elements.
    package var minItems: Int?
    /// The greatest number of elements.
    package var maxItems: Int?
    /// Whether no two elements may be the same.
    package var hasUniqueItems = false
    /// What stands for a member that is not given.
    package var defaultValue: JSONValue?

    /// Makes a schema that allows values of those types; any where none is named.
    package init(_ kinds: Kind...) { self.kinds = kinds }

    /// The schema as JSON.
    package var json: JSONValue {
        var members: [String: JSONValue] = [:]
        switch kinds.count {
        case 0: break
        case 1: members["type"] = .string(kinds[0].rawValue)
        default: members["type"] = .array(kinds.map { .string($0.rawValue) })
        }
        members["description"] = description.map(JSONValue.string)
        if !properties.isEmpty { members["properties"] = .object(properties.mapValues(\.json)) }
        if !required.isEmpty { members["required"] = .array(required.sorted().map(JSONValue.string)) }
        if !allowsOthers { members["additionalProperties"] = false }
        members["items"] = items.first?.json
        if !choices.isEmpty { members["enum"] = .array(choices) }
        members["minimum"] = minimum.map(Self.number)
        members["maximum"] = maximum.map(Self.number)
        members["minLength"] = minLength.map { .int(Int64($0)) }
        members["maxLength"] = maxLength.map { .int(Int64($0)) }
        members["pattern"] = pattern.map { .string("^(\($0))$") }
        members["minItems"] = minItems.map { .int(Int64($0)) }
        members["maxItems"] = maxItems.map { .int(Int64($0)) }
        if hasUniqueItems { members["uniqueItems"] = true }
        members["default"] = defaultValue
        return .object(members)
    }

    private static func number(_ value: Double) -> JSONValue {
        Int64(exactly: value).map(JSONValue.int) ?? .double(value)
    }
}
