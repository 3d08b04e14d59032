// SPDX-License-Identifier: Apache-2.0

import Model

/// A header of a request or an answer; in JSON the array `[name, value]`.
package struct HeaderField: Codable, Sendable, Equatable {
    /// The name, in lower case.
    package var name: String
    /// The value.
    package var value: String

    /// Makes a header.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Reads the array.
    package init(from decoder: any Decoder) throws {
        var elements = try decoder.unkeyedContainer()
        name = try elements.decode(String.self)
        value = try elements.decode(String.self)
    }

    /// Writes the array.
    package func encode(to encoder: any Encoder) throws {
        var elements = encoder.unkeyedContainer()
        try elements.encode(name)
        try elements.encode(value)
    }

    var json: JSONValue { .array([.string(name), .string(value)]) }

    static func list(_ values: [JSONValue]) throws -> [HeaderField] {
        try values.enumerated().map { index, value in
            guard let pair = value.arrayValue, pair.count == 2, let name = pair[0].stringValue,
                let text = pair[1].stringValue
            else {
                throw GatehouseError.invalidParameter(
                    "headers[\(index)]", "headers[\(index)] must be an array of a name and a value.")
            }
            return HeaderField(name: name, value: text)
        }
    }

    /// Whether a text is a token (RFC 9110, section 5.6.2).
    package static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"),
            UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    func check(at field: String) throws {
        let isHarmless = value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
        guard Self.isToken(name), isHarmless, name.utf8.count + value.utf8.count <= HandleAnswer.longestHeader else {
            throw GatehouseError.invalidParameter(
                field,
                "\(field) needs a name of token characters and a value without control characters, together at most "
                    + "\(HandleAnswer.longestHeader) bytes.")
        }
    }
}
