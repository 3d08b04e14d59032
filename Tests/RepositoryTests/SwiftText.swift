// SPDX-License-Identifier: Apache-2.0

/// Swift source with everything blanked that is not code, so that words and braces can be counted.
///
/// Comments, strings and names in backticks become spaces; line ends stay, so every line keeps its
/// number. A plain regex literal is taken for code: write `#/…/#` where one holds quotes or braces.
struct SwiftText {
    private static let newline = UInt8(ascii: "\n")

    private let input: [UInt8]
    private var output: [UInt8] = []
    private var place = 0

    /// The code of a source, as many bytes as the source itself.
    static func code(of source: String) -> String {
        var text = SwiftText(input: Array(source.utf8))
        text.readCode(inInterpolation: false)
        return String(decoding: text.output, as: UTF8.self)
    }

    private init(input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private var next: UInt8? { place < input.count ? input[place] : nil }

    /// Copies code up to the parenthesis that closes an interpolation, or up to the end.
    private mutating func readCode(inInterpolation: Bool) {
        var depth = 0
        while let byte = next {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") {
                if inInterpolation, depth == 0 { return }
                depth -= 1
            }
            if !readLiteralOrComment(at: byte) {
                output.append(byte)
                place += 1
            }
        }
    }

    private mutating func readLiteralOrComment(at byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/") where starts(with: "//"): blankLine()
        case UInt8(ascii: "/") where starts(with: "/*"): readBlockComment()
        case UInt8(ascii: "`"): readName()
        case UInt8(ascii: "\""): readString(hashes: 0)
        case UInt8(ascii: "#"): return readHashes()
        default: return false
        }
        return true
    }

    private mutating func readHashes() -> Bool {
        let hashes = input[place...].prefix { $0 == UInt8(ascii: "#") }.count
        let following = place + hashes < input.count ? input[place + hashes] : 0
        switch following {
        case UInt8(ascii: "\""):
            blank(hashes)
            readString(hashes: hashes)
        case UInt8(ascii: "/"):
            blank(hashes + 1)
            let end = "/" + String(repeating: "#", count: hashes)
            while next != nil, !starts(with: end) { blank(1) }
            blank(end.utf8.count)
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
        while let byte = next, !starts(with: end) {
            // A string that is not closed ends with its line: it was no string.
            if quotes == 1, byte == Self.newline { return }
            guard starts(with: escape) else {
                blank(1)
                continue
            }
            blank(escape.utf8.count)
            if next == UInt8(ascii: "(") {
                blank(1)
                readCode(inInterpolation: true)
            }
            blank(1)
        }
        blank(end.utf8.count)
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
        } while depth > 0 && next != nil
    }

    private mutating func readName() {
        blank(1)
        while let byte = next, byte != UInt8(ascii: "`"), byte != Self.newline { blank(1) }
        if next == UInt8(ascii: "`") { blank(1) }
    }

    private mutating func blankLine() {
        while let byte = next, byte != Self.newline { blank(1) }
    }

    private func starts(with text: String) -> Bool { input[place...].starts(with: text.utf8) }

    private mutating func blank(_ count: Int) {
        for byte in input[place...].prefix(count) { output.append(byte == Self.newline ? byte : UInt8(ascii: " ")) }
        place = min(place + count, input.count)
    }
}
