// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Yams

extension Configuration {
    /// How large a file may be, in bytes.
    static let mostBytes = 1_048_576
    /// How deep values may be nested.
    static let mostDepth = 24
    /// How many problems are told at once.
    static let mostProblems = 20

    /// Reads a file; what it does not say keeps its default.
    ///
    /// - Throws: `notFound` where there is no such file, `storageFailed` where it can not be read,
    ///   `invalidParameters` with the place of every problem, one a line, where its content is wrong.
    static func load(path: String) throws -> Configuration {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            throw GatehouseError(.notFound, "There is no configuration file \(path). Make it or name another one.")
        }
        let url = URL(fileURLWithPath: path)
        let content: Data
        do {
            let type = try files.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)[.type]
            guard type as? FileAttributeType == .typeRegular else {
                throw GatehouseError(.storageFailed, "\(path) is not a file. Name the configuration file.")
            }
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            content = try handle.read(upToCount: mostBytes + 1) ?? Data()
        } catch let error as GatehouseError {
            throw error
        } catch {
            throw GatehouseError(
                .storageFailed, "\(path) can not be read. Check that it is readable for Gatehouse's user.",
                cause: String(describing: error))
        }
        guard content.count <= mostBytes else {
            throw refusal(path, ["\(path): the file is larger than 1 MiB."])
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw refusal(path, ["\(path): the file is not in UTF-8."])
        }
        return try read(text, file: path, directory: url.deletingLastPathComponent().standardizedFileURL.path)
    }

    /// Reads the content of a file; relative paths start at the directory.
    static func read(_ text: String, file: String, directory: String) throws -> Configuration {
        guard let top = try compose(text, file: file) else { return .default }
        var reader = ConfigurationReader(file: file, directory: directory)
        let result = reader.configuration(Field(node: top, path: ""))
        guard reader.problems.isEmpty else { throw refusal(file, reader.problems) }
        return result
    }

    /// The tree of the file, or nil where it holds nothing but comments.
    private static func compose(_ text: String, file: String) throws -> Node? {
        let top: Node?
        do {
            top = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw refusal(file, [place(of: error, file: file)])
        }
        guard let top else { return nil }
        if case .scalar(let scalar) = top, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        // Without aliases a tree has no more values than the file has bytes.
        var budget = max(1000, text.utf8.count)
        if let mark = excess(top, depth: 0, &budget) {
            let reason = budget > 0 ? "values are nested deeper than \(mostDepth) levels" : "aliases expand to too much"
            throw refusal(file, ["\(file):\(mark.line):\(mark.column): \(reason). Write it more plainly."])
        }
        return top
    }

    private struct Excess {
        let line: Int
        let column: Int
    }

    /// Where the tree becomes too deep or too large, or nil where it does not.
    private static func excess(_ node: Node, depth: Int, _ budget: inout Int) -> Excess? {
        budget -= 1
        if budget <= 0 || depth > mostDepth {
            return Excess(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        }
        switch node {
        case .scalar, .alias: return nil
        case .sequence(let sequence):
            for element in sequence {
                if let mark = excess(element, depth: depth + 1, &budget) { return mark }
            }
        case .mapping(let mapping):
            for (key, value) in mapping {
                if let mark = excess(key, depth: depth + 1, &budget) { return mark }
                if let mark = excess(value, depth: depth + 1, &budget) { return mark }
            }
        }
        return nil
    }

    private static func place(of error: YamlError, file: String) -> String {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let lead = context.map { "\($0.text) " } ?? ""
            return "\(file):\(mark.line):\(mark.column): \(lead)\(problem). Check indentation, colons and quotes."
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return "\(file):\(context.mark.line):\(context.mark.column): the key \(keys) appears twice. Remove one."
        case .reader(let problem, _, _, _): return "\(file): \(problem). Remove that character."
        default: return "\(file): this is not YAML."
        }
    }

    private static func refusal(_ file: String, _ problems: [String]) -> GatehouseError {
        let shown = problems.prefix(mostProblems)
        let rest = problems.count - shown.count
        let lines = shown + (rest > 0 ? ["... and \(rest) more."] : [])
        return GatehouseError(.invalidParameters, "The configuration is wrong:\n" + lines.joined(separator: "\n"))
    }
}
