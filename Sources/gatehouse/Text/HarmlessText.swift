// SPDX-License-Identifier: Apache-2.0

/// Makes text from outside safe to show on a terminal.
enum HarmlessText {
    /// The text on one line, with everything that steers a terminal or reorders text spelled out.
    static func line(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// JSON text with what JSON itself lets through, but a terminal would obey, written as an escape.
    static func json(_ text: String) -> String {
        var safe = ""
        for scalar in text.unicodeScalars {
            if (0x7F...0x9F).contains(scalar.value) {
                safe += "\\u00" + String(scalar.value, radix: 16)
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // Marks that turn the reading direction around can make one name look like another.
        case .format: true
        default: false
        }
    }
}
