// SPDX-License-Identifier: Apache-2.0

package import Model

/// What can stand in a message: read from and written as a JSON object.
package protocol ContractObject: Codable, Sendable, Equatable {
    /// Reads it from the members of an object; members that are not known are left alone.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    init(parameters: [String: JSONValue]) throws
    /// Its members.
    func parameters() throws -> [String: JSONValue]
}

extension ContractObject {
    /// Reads it through its Codable conformance.
    package init(parameters: [String: JSONValue]) throws {
        self = try JSONValueDecoder.decode(Self.self, from: .object(parameters))
    }

    /// Its members through its Codable conformance.
    package func parameters() throws -> [String: JSONValue] {
        try JSONValueEncoder.encode(self).objectValue ?? [:]
    }

    /// Reads it from a result.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong.
    package init(result: JSONValue) throws {
        guard let members = result.objectValue else {
            throw GatehouseError(.invalidParameters, "The result must be an object.")
        }
        try self.init(parameters: members)
    }
}

/// The parameters of a method that the host calls.
package protocol ContractCall: ContractObject {
    /// The method's name.
    static var method: String { get }
    /// What the plugin answers.
    associatedtype Answer: ContractObject
}

extension ContractCall {
    /// The whole message.
    package func message(id: Int64) throws -> Message {
        .call(id: .int(id), method: Self.method, parameters: try parameters())
    }
}

/// The parameters of a notification.
package protocol ContractNotice: ContractObject {
    /// The notification's name.
    static var method: String { get }
}

/// An answer that says nothing but that it was done.
package struct EmptyAnswer: ContractObject {
    /// Makes one.
    package init() {}
}
