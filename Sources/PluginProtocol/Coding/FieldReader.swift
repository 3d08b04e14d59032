// SPDX-License-Identifier: Apache-2.0

import Model

/// Reads the members of an object by hand, with errors that name the field.
struct FieldReader {
    private let members: [String: JSONValue]
    private let place: String

    init(_ members: [String: JSONValue], at place: String = "") {
        self.members = members
        self.place = place.isEmpty ? "" : place + "."
    }

    private func wrong(_ name: String, _ wanted: String) -> GatehouseError {
        let field = place + name
        let what = members[name] == nil ? "\(field) is missing." : "\(field) must be \(wanted)."
        return .invalidParameter(field, what)
    }

    private func given(_ name: String) -> JSONValue? {
        guard let value = members[name], !value.isNull else { return nil }
        return value
    }

    func string(_ name: String) throws -> String {
        guard let text = members[name]?.stringValue else { throw wrong(name, "a string") }
        return text
    }

    func int(_ name: String) throws -> Int {
        guard let number = members[name]?.intValue else { throw wrong(name, "a whole number") }
        return Int(number)
    }

    func bool(_ name: String) throws -> Bool {
        guard let flag = members[name]?.boolValue else { throw wrong(name, "true or false") }
        return flag
    }

    func array(_ name: String) throws -> [JSONValue] {
        guard let elements = members[name]?.arrayValue else { throw wrong(name, "an array") }
        return elements
    }

    func object(_ name: String) throws -> [String: JSONValue] {
        guard let inner = members[name]?.objectValue else { throw wrong(name, "an object") }
        return inner
    }

    func optionalString(_ name: String) throws -> String? { try given(name) == nil ? nil : string(name) }
    func optionalInt(_ name: String) throws -> Int? { try given(name) == nil ? nil : int(name) }
    func optionalArray(_ name: String) throws -> [JSONValue]? { try given(name) == nil ? nil : array(name) }
}
