// SPDX-License-Identifier: Apache-2.0

package import Model

extension Schema {
    /// Checks a value.
    ///
    /// - Parameter field: where the value stands, for the message; empty for the whole.
    /// - Throws: `invalidParameters`, with the field that is wrong and what it must be.
    package func check(_ value: JSONValue, at field: String = "") throws {
        guard kinds.isEmpty || kinds.contains(where: { $0.includes(value) }) else {
            throw Self.wrong(field, "must be \(kinds.filter { $0 != .null }.map(\.words).joined(separator: " or "))")
        }
        if !choices.isEmpty, !choices.contains(value) {
            let words = choices.map { $0.stringValue ?? String(describing: $0) }
            throw Self.wrong(field, "must be one of \(words.joined(separator: ", "))")
        }
        switch value {
        case .int, .double: try check(number: value.doubleValue ?? 0, at: field)
        case .string(let text): try check(text: text, at: field)
        case .array(let elements): try check(elements: elements, at: field)
        case .object(let members): try check(members: members, at: field)
        default: break
        }
    }

    private static func wrong(_ field: String, _ what: String) -> GatehouseError {
        .invalidParameter(field, "\(field.isEmpty ? "The whole" : field) \(what).")
    }

    private func check(number: Double, at field: String) throws {
        if let minimum, number < minimum { throw Self.wrong(field, "must be at least \(Self.text(minimum))") }
        if let maximum, number > maximum { throw Self.wrong(field, "must be at most \(Self.text(maximum))") }
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? String(number)
    }

    private func check(text: String, at field: String) throws {
        let length = text.unicodeScalars.count
        if let minLength, length < minLength {
            throw Self.wrong(field, minLength == 1 ? "must not be empty" : "must have at least \(minLength) characters")
        }
        if let maxLength, length > maxLength { throw Self.wrong(field, "must have at most \(maxLength) characters") }
        if let pattern {
            guard try Regex(pattern).wholeMatch(in: text) != nil else {
                throw Self.wrong(field, "does not have the form \(pattern)")
            }
        }
    }

    private func check(elements: [JSONValue], at field: String) throws {
        if let minItems, elements.count < minItems {
            throw Self.wrong(field, "must have at least \(minItems) element\(minItems == 1 ? "" : "s")")
        }
        if let maxItems, elements.count > maxItems {
            throw Self.wrong(field, "must have at most \(maxItems) elements")
        }
        for (index, element) in elements.enumerated() {
            try items.first?.check(element, at: "\(field)[\(index)]")
            if hasUniqueItems, elements[..<index].contains(element) {
                throw Self.wrong("\(field)[\(index)]", "stands twice")
            }
        }
    }

    private func check(members: [String: JSONValue], at field: String) throws {
        let prefix = field.isEmpty ? "" : field + "."
        for name in required.sorted() where members[name] == nil { throw Self.wrong(prefix + name, "is missing") }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] {
                try property.check(member, at: prefix + name)
            } else if !allowsOthers {
                let known = properties.keys.sorted().joined(separator: ", ")
                throw Self.wrong(prefix + name, "is not known; there are \(known)")
            }
        }
    }

    /// The value with the defaults of members that are not given.
    package func filled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(var members):
            for (name, property) in properties {
                if let given = members[name] ?? property.defaultValue { members[name] = property.filled(given) }
            }
            return .object(members)
        case .array(let elements):
            guard let item = items.first else { return value }
            return .array(elements.map(item.filled))
        default: return value
        }
    }
}

extension Schema.Kind {
    fileprivate func includes(_ value: JSONValue) -> Bool {
        switch self {
        case .null: value.isNull
        case .boolean: value.boolValue != nil
        case .integer: value.intValue != nil
        case .number: value.doubleValue != nil
        case .string: value.stringValue != nil
        case .array: value.arrayValue != nil
        case .object: value.objectValue != nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
