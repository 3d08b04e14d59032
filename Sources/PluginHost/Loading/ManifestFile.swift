// SPDX-License-Identifier: Apache-2.0

package import Model
package import PluginProtocol
import Yams

/// Reads `plugin.yaml`.
package enum ManifestFile {
    /// The longest file that is read, in bytes.
    static let mostBytes = 256 << 10
    /// How deep values may be nested.
    static let mostDepth = 32

    /// Reads a manifest from the bytes of the file.
    ///
    /// - Throws: `invalidParameters`, with the place or the field that is wrong.
    package static func manifest(_ bytes: [UInt8]) throws -> Manifest {
        do {
            return try Manifest(json: value(bytes))
        } catch let error as GatehouseError {
            throw GatehouseError(
                error.code, "\(Manifest.fileName): \(error.message)", details: error.details, cause: error.cause)
        }
    }

    /// The value that the bytes of a YAML file hold, as JSON has it.
    ///
    /// What is plain and looks like a number, `true`, `false` or `null` is one, as in YAML's core schema; anchors,
    /// aliases and tags are refused.
    package static func value(_ bytes: [UInt8]) throws -> JSONValue {
        guard bytes.count <= mostBytes else {
            throw GatehouseError(.invalidParameters, "The file is longer than \(mostBytes >> 10) KiB.")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw GatehouseError(.invalidParameters, "The file is not in UTF-8.")
        }
        do {
            let parser = try Parser(yaml: text, encoding: .utf8)
            // Nodes hold their anchors weakly; the parser owns them.
            return try withExtendedLifetime(parser) {
                guard let top = try parser.singleRoot() else {
                    throw GatehouseError(.invalidParameters, "The file is empty.")
                }
                return try value(top, depth: 0)
            }
        } catch let error as YamlError {
            throw GatehouseError(.invalidParameters, Self.text(of: error))
        }
    }

    private static func value(_ node: Node, depth: Int) throws -> JSONValue {
        guard depth < mostDepth else { throw wrong(node, "values are nested deeper than \(mostDepth) levels") }
        guard node.anchor == nil else { throw wrong(node, "anchors and aliases are not read; write the value out") }
        switch node {
        case .alias: throw wrong(node, "anchors and aliases are not read; write the value out")
        case .scalar(let scalar): return scalar.style == .plain ? plain(scalar.string) : .string(scalar.string)
        case .sequence(let sequence): return .array(try sequence.map { try value($0, depth: depth + 1) })
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, element) in mapping {
                guard case .scalar(let scalar) = key, key.anchor == nil else {
                    throw wrong(key, "a key must be a word")
                }
                guard scalar.string != "<<" else { throw wrong(key, "merging is not read; write the values out") }
                guard members.updateValue(try value(element, depth: depth + 1), forKey: scalar.string) == nil else {
                    throw wrong(key, "the key \"\(scalar.string)\" appears twice")
                }
            }
            return .object(members)
        }
    }

    private static func plain(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: break
        }
        let looksLikeNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
        guard looksLikeNumber, text.utf8.contains(where: { (0x30...0x39).contains($0) }) else { return .string(text) }
        if let whole = Int64(text) { return .int(whole) }
        if let number = Double(text), number.isFinite { return .double(number) }
        return .string(text)
    }

    private static func wrong(_ node: Node, _ what: String) -> GatehouseError {
        let place = node.mark.map { "line \($0.line), column \($0.column): " } ?? ""
        return GatehouseError(.invalidParameters, "\(place)\(what).")
    }

    private static func text(of error: YamlError) -> String {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let lead = context.map { "\($0.text) " } ?? ""
            return "line \(mark.line), column \(mark.column): \(lead)\(problem). Check indentation, colons and quotes."
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return "line \(context.mark.line): the key \(keys) appears twice. Remove one."
        case .reader(let problem, _, _, _): return "\(problem). Remove that character."
        default: return "The file is not YAML."
        }
    }
}
