// SPDX-License-Identifier: Apache-2.0

/// A table for people: every column as wide as its widest cell, two spaces apart.
struct Table {
    /// On which side a column is even.
    enum Side {
        case left
        case right
    }

    /// A column.
    struct Column {
        let title: String
        let side: Side

        init(_ title: String, _ side: Side = .left) {
            self.title = title
            self.side = side
        }
    }

    private let columns: [Column]
    private let rows: [[String]]

    /// Makes a table; a row that is too short is filled up, and all text is made harmless.
    init(_ columns: [Column], _ rows: [[String]]) {
        self.columns = columns
        self.rows = rows.map { row in
            columns.indices.map { $0 < row.count ? HarmlessText.line(row[$0]) : "" }
        }
    }

    /// The lines, each with its end; where there are no rows, `empty` on a line of its own.
    func text(empty: String) -> String {
        guard !rows.isEmpty else { return empty + "\n" }
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { Self.width($0[column]) }.max() ?? 0 }
        return lines.map { cells in
            let line = zip(cells, columns).enumerated().map { place, cell in
                Self.pad(cell.0, to: widths[place], cell.1.side)
            }.joined(separator: "  ")
            return line.reversed().drop { $0 == " " }.reversed().map(String.init).joined() + "\n"
        }.joined()
    }

    /// Names and values beneath each other.
    static func fields(_ fields: [(name: String, value: String)]) -> String {
        let widest = fields.map { width($0.name) }.max() ?? 0
        return fields.map { field in
            "\(pad(field.name + ":", to: widest + 1, .left))  \(HarmlessText.line(field.value))\n"
        }.joined()
    }

    private static func pad(_ text: String, to width: Int, _ side: Side) -> String {
        let space = String(repeating: " ", count: max(0, width - Self.width(text)))
        return side == .left ? text + space : space + text
    }

    /// How many cells of a terminal the text takes.
    static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + ($1.unicodeScalars.first.map(isWide) == true ? 2 : 1) }
    }

    /// Whether it takes two cells: the blocks that are wide in Unicode's EastAsianWidth.txt, roughly.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
