// SPDX-License-Identifier: Apache-2.0

import Foundation
import Yams

/// A value in the configuration with the words that lead to it.
struct Field {
    /// The value.
    let node: Node
    /// The keys that lead to it, such as `nodes[2].uri`; empty at the top.
    let path: String
    /// The file that it stands in.
    let origin: Origin

    /// A value under this one.
    func below(_ key: String, _ node: Node) -> Field {
        Field(node: node, path: path.isEmpty ? key : "\(path).\(key)", origin: origin.below(key))
    }

    /// A value in this list.
    func element(_ index: Int, _ node: Node) -> Field {
        Field(node: node, path: "\(path)[\(index)]", origin: Origin(file: origin.file))
    }
}

/// Reads typed values out of a YAML tree and gathers everything that is wrong with it.
///
/// A function that finds its value wrong notes the problem and answers nil or a default; the caller goes on,
/// so that all problems come out at once.
struct ConfigurationReader {
    /// Keys that look like a secret; those are only ever named by file.
    private static let secrets: Set = [
        "password", "passwd", "vncpassword", "secret", "token", "passphrase", "privatekey", "sshkey",
    ]

    /// Where relative paths start.
    let directory: String
    /// Whether it is for a daemon that a service manager runs.
    let isService: Bool
    /// What is wrong so far, each with its place.
    private(set) var problems: [String] = []

    init(directory: String, isService: Bool) {
        self.directory = directory
        self.isService = isService
    }

    /// Notes that a value is wrong.
    mutating func fail(_ field: Field, _ text: String) {
        fail(at: field.node.mark, of: field, field.path.isEmpty ? text : "\(field.path): \(text)")
    }

    private mutating func fail(at mark: Mark?, of field: Field, _ text: String) {
        problems.append("\(field.origin.file):\(mark?.line ?? 1):\(mark?.column ?? 1): \(text)")
    }

    /// The values of a mapping by key; unknown keys are problems.
    mutating func fields(_ field: Field, known: [String]) -> [String: Field] {
        guard case .mapping(let mapping) = field.node else {
            fail(field, "this must be a mapping with the keys \(Self.list(known)), not \(Self.kind(field.node)).")
            return [:]
        }
        var fields: [String: Field] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                fail(at: key.mark, of: field, "\(field.path.isEmpty ? "" : field.path + ": ")a key must be a word.")
                continue
            }
            let name = scalar.string
            let found = field.below(name, value)
            if known.contains(name) {
                fields[name] = found
            } else if Self.secrets.contains(name.lowercased()) {
                fail(
                    at: key.mark, of: found,
                    "\(found.path): secrets are not written here. Put it into a file with mode 0600 and name that "
                        + "file\(known.contains("passwordFile") ? " with passwordFile" : "").")
            } else {
                let question = NearMiss.question(for: name, among: known)
                let advice = question.isEmpty ? " Known keys are \(Self.list(known))." : question
                fail(at: key.mark, of: found, "\(found.path): there is no such key.\(advice)")
            }
        }
        return fields
    }

    /// The elements of a list, at most that many.
    mutating func elements(_ field: Field, most: Int) -> [Field] {
        guard case .sequence(let sequence) = field.node else {
            fail(field, "this must be a list, not \(Self.kind(field.node)). Start each element with \"- \".")
            return []
        }
        if sequence.count > most {
            fail(field, "at most \(most) elements are possible, these are \(sequence.count).")
        }
        return sequence.prefix(most).enumerated().map { field.element($0.offset, $0.element) }
    }

    /// A text of 1 to that many bytes without control characters.
    mutating func text(_ field: Field, most: Int = 1024) -> String? {
        guard case .scalar(let scalar) = field.node else {
            fail(field, "this must be a text, not \(Self.kind(field.node)).")
            return nil
        }
        if scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
            fail(field, "there is no value. Write one or remove the key.")
            return nil
        }
        let isPrintable = scalar.string.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard (1...most).contains(scalar.string.utf8.count), isPrintable else {
            fail(field, "this must have 1 to \(most) bytes and no control characters.")
            return nil
        }
        return scalar.string
    }

    /// A whole number within a range, written without quotes.
    mutating func integer(_ field: Field, in range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let scalar) = field.node, scalar.style == .plain,
            let number = Self.integer(scalar.string), range.contains(number)
        else {
            fail(
                field,
                "this must be a whole number from \(range.lowerBound) to \(range.upperBound), not "
                    + "\(Self.shown(field.node)).")
            return nil
        }
        return number
    }

    /// `true` or `false`.
    mutating func boolean(_ field: Field) -> Bool? {
        guard case .scalar(let scalar) = field.node, scalar.style == .plain,
            let value = Bool(scalar.string)
        else {
            fail(field, "this must be true or false, not \(Self.shown(field.node)).")
            return nil
        }
        return value
    }

    /// One of some words.
    mutating func choice(_ field: Field, of words: [String]) -> String? {
        guard case .scalar(let scalar) = field.node, words.contains(scalar.string) else {
            let question = NearMiss.question(for: field.node.scalar?.string ?? "", among: words)
            fail(field, "this must be \(Self.list(words, "or")), not \(Self.shown(field.node)).\(question)")
            return nil
        }
        return scalar.string
    }

    /// The path of a file or directory; a relative one starts at the configuration file's directory.
    mutating func path(_ field: Field) -> String? {
        guard let text = text(field, most: 4096) else { return nil }
        guard !text.hasPrefix("~") else {
            fail(field, "\"~\" is not known here. Write the path from the root.")
            return nil
        }
        return absolute(text)
    }

    /// A path from the root, without `.` and `..`.
    func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(directory)/\(path)"
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// A decimal number without signs other than `-`, or nil.
    static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// The words with commas, the last one after `and` or another word.
    static func list(_ words: [String], _ last: String = "and") -> String {
        guard words.count > 1, let end = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(last) " + end
    }

    /// What a value is, for a message.
    static func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.style == .plain && scalar.string.isEmpty ? "nothing" : "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// A value as it is written, at most 60 characters of it.
    static func shown(_ node: Node) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else { return kind(node) }
        let text = scalar.string.count > 60 ? scalar.string.prefix(60) + "..." : scalar.string[...]
        return "\"\(text)\""
    }
}
