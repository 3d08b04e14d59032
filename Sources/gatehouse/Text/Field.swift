// SPDX-License-Identifier: Apache-2.0

import Model

/// One thing that is told of something: a column where many are listed, a line of its own where one is shown.
struct Field {
    /// Its name, in lower case.
    let name: String
    /// On which side its column is even.
    var side = Table.Side.left
    /// What stands there.
    let text: (JSONValue) -> String

    /// A text, number or truth value; of the member with the field's own name where none is given.
    static func text(_ name: String, _ member: String? = nil, _ side: Table.Side = .left) -> Field {
        Field(name: name, side: side) { Cell.text($0[member ?? name]) }
    }

    /// The number that names the thing.
    static var id: Field { text("id", nil, .right) }

    /// A number of bytes.
    static func bytes(_ name: String, _ member: String) -> Field {
        Field(name: name, side: .right) { Cell.bytes($0[member]) }
    }

    /// An amount of memory in KiB.
    static func memory(_ name: String, _ member: String) -> Field {
        Field(name: name, side: .right) { Cell.memory($0[member]) }
    }
}

extension Table {
    /// A table of things, one a line.
    init(_ fields: [Field], of things: [JSONValue]) {
        self.init(
            fields.map { Column($0.name.uppercased(), $0.side) }, things.map { thing in fields.map { $0.text(thing) } })
    }

    /// What is told of one thing, names and values beneath each other.
    static func fields(_ fields: [Field], of thing: JSONValue?) -> String {
        Self.fields(fields.map { ($0.name, $0.text(thing ?? .null)) })
    }
}

extension Finding {
    /// A list in an answer, as a table.
    static func list(_ result: JSONValue, _ name: String, _ fields: [Field], empty: String) -> Finding {
        Finding(result: result, text: Table(fields, of: result[name]?.arrayValue ?? []).text(empty: empty))
    }
}

extension Daemon {
    /// What a method that takes a node lists: of that node, or of every node that can be asked.
    func list(_ method: String, _ name: String, node: String?) async throws -> JSONValue {
        if let node { return try await call(method, ["node": .string(node)]) }
        var found: [JSONValue] = []
        for node in try await call("node.list")["nodes"]?.arrayValue ?? []
        where node["kind"] == "libvirt" && node["state"] == "online" {
            found += try await call(method, ["node": node["name"] ?? .null])[name]?.arrayValue ?? []
        }
        return .object([name: .array(found)])
    }
}
