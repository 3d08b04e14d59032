// SPDX-License-Identifier: Apache-2.0

extension XMLElement {
    /// The element as a document, every text and value escaped; attributes by name.
    var document: String {
        var result = ""
        write(into: &result)
        return result
    }

    private func write(into result: inout String) {
        result += "<\(name)"
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) {
            result += " \(key)='\(Self.escaped(value))'"
        }
        let text = children.isEmpty ? text : trimmedText
        guard !children.isEmpty || !text.isEmpty else {
            result += "/>"
            return
        }
        result += ">\(Self.escaped(text))"
        for child in children { child.write(into: &result) }
        result += "</\(name)>"
    }

    /// Text as it may stand anywhere in a document; what XML can not hold at all is left out.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&apos;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            default: if scalar.value >= 32, scalar.value & 0xFFFE != 0xFFFE { result.unicodeScalars.append(scalar) }
            }
        }
        return result
    }
}
