// SPDX-License-Identifier: Apache-2.0

extension XMLElement {
    /// The element as XML, with everything that means something to XML written as a reference.
    ///
    /// Text comes before the elements beside it, which makes no difference to libvirt.
    var xml: String {
        let tag = name + attributes.sorted { $0.key < $1.key }.map { " \($0.key)='\(Self.escaped($0.value))'" }.joined()
        let content = Self.escaped(trimmedText) + children.map(\.xml).joined()
        return content.isEmpty ? "<\(tag)/>" : "<\(tag)>\(content)</\(name)>"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&apos;"
            case "\"": result += "&quot;"
            // What stands for itself must not be taken for the white space between attributes.
            case "\t", "\n", "\r": result += "&#\(scalar.value);"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
