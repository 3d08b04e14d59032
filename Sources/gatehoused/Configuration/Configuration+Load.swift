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

    /// The folder beside the configuration file with more of them.
    static let folderName = "conf.d"
    /// How many files that folder may hold.
    static let mostFiles = 64

    /// Reads a file and then, in the order of their names, those that end in `.yaml` of the folder `conf.d` beside it.
    ///
    /// A mapping is joined with the one before it key by key; every other value takes the place of the one before.
    /// What none of them says keeps its default.
    /// - Parameter isService: whether what only fits a daemon in a terminal is refused.
    /// - Throws: `notFound` where there is no such file, `storageFailed` where it can not be read,
    ///   `invalidParameters` with the place of every problem, one a line, where its content is wrong.
    static func load(path: String, isService: Bool = false) throws -> Configuration {
        guard FileManager.default.fileExists(atPath: path) else {
            throw GatehouseError(.notFound, "There is no configuration file \(path). Make it or name another one.")
        }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        var texts = [ConfigurationText(file: path, text: try text(path))]
        for file in try moreFiles(directory) { texts.append(ConfigurationText(file: file, text: try text(file))) }
        return try read(texts, directory: directory, isService: isService)
    }

    /// The paths of the files in the folder beside, sorted by the bytes of their names; none without the folder.
    private static func moreFiles(_ directory: String) throws -> [String] {
        let folder = "\(directory)/\(folderName)"
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw GatehouseError(
                .storageFailed,
                "The folder \(folder) can not be read. Check that it is a folder, readable for Gatehouse's user.",
                cause: String(describing: error))
        }
        // Editors and dpkg keep copies under other endings, or hidden ones.
        let fitting = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
        guard fitting.count <= mostFiles else {
            throw refusal(["\(folder): at most \(mostFiles) files are possible, these are \(fitting.count)."])
        }
        return fitting.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(folder)/\($0)" }
    }

    private static func text(_ path: String) throws -> String {
        let url = URL(fileURLWithPath: path)
        let content: Data
        do {
            let type = try FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)[.type]
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
            throw refusal(["\(path): the file is larger than 1 MiB."])
        }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw refusal(["\(path): the file is not in UTF-8."])
        }
        return text
    }

    /// Reads the content of a file; relative paths start at the directory.
    static func read(
        _ text: String, file: String, directory: String, isService: Bool = false
    ) throws -> Configuration {
        try read([ConfigurationText(file: file, text: text)], directory: directory, isService: isService)
    }

    /// Reads the content of files, a later one over the earlier ones.
    static func read(
        _ texts: [ConfigurationText], directory: String, isService: Bool = false
    ) throws -> Configuration {
        var whole: Field?
        for text in texts {
            guard let node = try compose(text.text, file: text.file) else { continue }
            let field = Field(node: node, path: "", origin: Origin(file: text.file))
            guard case .mapping = node else {
                whole = field
                break
            }
            whole = whole?.joined(with: field) ?? field
        }
        guard let whole else { return .default }
        var reader = ConfigurationReader(directory: directory, isService: isService)
        let result = reader.configuration(whole)
        guard reader.problems.isEmpty else { throw refusal(reader.problems) }
        return result
    }

    /// The tree of a file, or nil where it holds nothing but comments.
    private static func compose(_ text: String, file: String) throws -> Node? {
        let top: Node?
        do {
            top = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw refusal([place(of: error, file: file)])
        }
        guard let top else { return nil }
        if case .scalar(let scalar) = top, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            return nil
        }
        // Without aliases a tree has no more values than the file has bytes.
        var budget = max(1000, text.utf8.count)
        if let mark = excess(top, depth: 0, &budget) {
            let reason = budget > 0 ? "values are nested deeper than \(mostDepth) levels" : "aliases expand to too much"
            throw refusal(["\(file):\(mark.line):\(mark.column): \(reason). Write it more plainly."])
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

    private static func refusal(_ problems: [String]) -> GatehouseError {
        let shown = problems.prefix(mostProblems)
        let rest = problems.count - shown.count
        let lines = shown + (rest > 0 ? ["... and \(rest) more."] : [])
        return GatehouseError(.invalidParameters, "The configuration is wrong:\n" + lines.joined(separator: "\n"))
    }
}
