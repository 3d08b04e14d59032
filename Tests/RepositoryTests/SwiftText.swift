// SPDX-License-Identifier: Apache-2.0

/// Swift source with everything blanked that is not code, so that words and braces can be counted.
///
/// Comments, strings and names in backticks become spaces; line ends stay, so every line keeps its
/// number. A plain regex literal is taken for code: write `#/…/#` where one holds quotes or braces.
struct SwiftText {
    private var input: ArraySlice<Character>
    private var output: [Character] = []

    /// The code of a source, as long as the source itself.
    static func code(of source: String) -> String {
        var text = SwiftText(input: Array(source)[...])
        text.readCode(until: nil)
        return String(text.output)
    }

    private init(input: ArraySlice<Character>) { self.input = input }

    /// Copies code up to the parenthesis that closes an interpolation, or up to the end.
    private mutating func readCode(until end: Character?) {
        var depth = 0
        while let character = input.first {
            if end != nil, character == ")", depth == 0 { return }
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if !readLiteralOrComment(at: character) { copy(1) }
        }
    }

    private mutating func readLiteralOrComment(at character: Character) -> Bool {
        switch character {
        case "/" where starts(with: "//"): blank(while: { $0 != "\n" })
        case "/" where starts(with: "/*"): readBlockComment()
        case "`": readName()
        case "\"": readString(hashes: 0)
        case "#": return readHashes()
        default: return false
        }
        return true
    }

    private mutating func readHashes() -> Bool {
        let hashes = input.prefix { $0 == "#" }.count
        switch input.dropFirst(hashes).first {
        case "\"":
            blank(hashes)
            readString(hashes: hashes)
        case "/":
            blank(hashes + 1)
            readToEnd(of: "/" + String(repeating: "#", count: hashes))
        default:
            return false
        }
        return true
    }

    private mutating func readString(hashes: Int) {
        let quotes = starts(with: "\"\"\"") ? 3 : 1
        let end = String(repeating: "\"", count: quotes) + String(repeating: "#", count: hashes)
        let escape = "\\" + String(repeating: "#", count: hashes)
        blank(quotes)
        while let character = input.first, !starts(with: end) {
            // A string that is not closed ends with its line: it was no string.
            if quotes == 1, character == "\n" { return }
            guard starts(with: escape) else {
                blank(1)
                continue
            }
            blank(escape.count)
            if input.first == "(" {
                blank(1)
                readCode(until: ")")
            }
            blank(1)
        }
        blank(end.count)
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blank(2)
            } else if starts(with: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank(1)
            }
        } while depth > 0 && !input.isEmpty
    }

    private mutating func readName() {
        blank(1)
        blank(while: { $0 != "`" && $0 != "\n" })
        if input.first == "`" { blank(1) }
    }

    private mutating func readToEnd(of end: String) {
        while !input.isEmpty, !starts(with: end) { blank(1) }
        blank(end.count)
    }

    private func starts(with text: String) -> Bool { input.starts(with: text) }

    private mutating func copy(_ count: Int) {
        output += input.prefix(count)
        input = input.dropFirst(count)
    }

    private mutating func blank(_ count: Int) {
        for character in input.prefix(count) { output.append(character == "\n" ? "\n" : " ") }
        input = input.dropFirst(count)
    }

    private mutating func blank(while matches: (Character) -> Bool) {
        while let character = input.first, matches(character) { blank(1) }
    }
}
