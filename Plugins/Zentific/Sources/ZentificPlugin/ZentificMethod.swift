// SPDX-License-Identifier: Apache-2.0

import XMLRPC

/// What a parameter has to be; each kind also takes what old clients send in its place.
package enum ZentificKind: String, Sendable {
    /// Text; numbers are taken as their digits.
    case text
    /// Text in the form of a UUID, 36 characters.
    case uuid
    /// A whole number, also as digits without a type.
    case int
    /// 0 or 1, as a number, a boolean or a digit without a type.
    case flag
    /// A struct.
    case members
    /// A list of whole numbers, at most 1,000.
    case ints
}

/// A parameter of a method.
package struct ZentificParameter: Sendable {
    /// Its name, which faults mention.
    package let name: String
    /// What it has to be.
    package let kind: ZentificKind
    /// Whether it may be left out.
    package var isOptional = false

    /// Text.
    static func text(_ name: String) -> ZentificParameter { ZentificParameter(name: name, kind: .text) }
    /// What identifies a machine or a node.
    static func uuid(_ name: String = "uuid") -> ZentificParameter { ZentificParameter(name: name, kind: .uuid) }
    /// A whole number.
    static func int(_ name: String) -> ZentificParameter { ZentificParameter(name: name, kind: .int) }
    /// A truth value.
    static func flag(_ name: String) -> ZentificParameter { ZentificParameter(name: name, kind: .flag) }
    /// A struct.
    static func members(_ name: String) -> ZentificParameter { ZentificParameter(name: name, kind: .members) }
    /// A list of whole numbers.
    static func ints(_ name: String) -> ZentificParameter { ZentificParameter(name: name, kind: .ints) }
    /// The same, but it may be left out; only others of that sort may follow it.
    var optional: ZentificParameter { ZentificParameter(name: name, kind: kind, isOptional: true) }
}

/// What a method answers.
struct ZentificAnswer: Sendable {
    /// The value.
    var value: XMLRPCValue
    /// The session that the client is to use from now on; nil where it keeps its own.
    var session: String?
}

/// A row of the table of methods: what it is called, what it takes, what it returns and what it does.
package struct ZentificMethod: Sendable {
    /// Namespace and name.
    package let name: String
    /// Other spellings of the name.
    package let aliases: [String]
    /// What it takes, by place.
    package let parameters: [ZentificParameter]
    /// What it returns, for people.
    package let returns: String
    /// Whether it needs no session.
    package let isOpen: Bool
    let body: @Sendable (ZentificCall) async throws -> ZentificAnswer

    /// A method for users who have logged in.
    init(
        _ name: String, aliases: [String] = [], _ parameters: [ZentificParameter] = [], returns: String,
        _ body: @escaping @Sendable (ZentificCall) async throws -> XMLRPCValue
    ) {
        self.name = name
        self.aliases = aliases
        self.parameters = parameters
        self.returns = returns
        isOpen = false
        self.body = { ZentificAnswer(value: try await body($0)) }
    }

    /// A method that anybody may call, and that may begin a session.
    init(
        open name: String, _ parameters: [ZentificParameter] = [], returns: String,
        _ body: @escaping @Sendable (ZentificCall) async throws -> ZentificAnswer
    ) {
        self.name = name
        aliases = []
        self.parameters = parameters
        self.returns = returns
        isOpen = true
        self.body = body
    }
}

/// Every method there is; a namespace is a list of rows.
package enum ZentificTable {
    /// The rows.
    package static let methods = [
        system, zentific, user, accounts, groups, vm, vmValues, vmAccess, vmActions, saveConfig, vmInterfaces,
        templates, node,
        scheduler, network, storage,
    ].flatMap { $0 }

    /// The row of each name and alias.
    static let byName: [String: ZentificMethod] = Dictionary(
        methods.flatMap { method in ([method.name] + method.aliases).map { ($0, method) } }
    ) { first, _ in first }
}
