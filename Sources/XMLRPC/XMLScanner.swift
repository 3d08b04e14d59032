// SPDX-License-Identifier: Apache-2.0

import Model

/// The name of an element in 128 bits: its bytes, the first one highest; zero for a name longer than 16 bytes.
typealias XMLName = UInt128

/// A start tag, an end tag, or both in one.
struct XMLTag: Equatable {
    enum Kind {
        case start
        case end
        case empty
    }

    let kind: Kind
    let name: XMLName
}

/// Walks over the markup of an XML 1.0 document.
///
/// It knows what a message needs and nothing that could do harm: no document type, hence no entities but
/// the five predefined ones and characters by number; no encoding but UTF-8; attributes are read over.
struct XMLScanner {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The error for what stands at this place.
    func failure(_ what: String) -> GatehouseError {
        GatehouseError(.parseError, "This is not XML-RPC: \(what) at byte \(position).")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func stands(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        return bytes[position..<position + count].elementsEqual(text.description.utf8)
    }

    /// Packs a name of at most 16 bytes.
    static func name(_ text: some Sequence<UInt8>) -> XMLName {
        var name: XMLName = 0
        var count = 0
        for byte in text {
            count += 1
            guard count <= 16 else { return 0 }
            name = name << 8 | XMLName(byte)
        }
        return name
    }
}

// MARK: - Between elements

extension XMLScanner {
    /// Reads the byte order mark and the XML declaration, where they are there.
    mutating func readProlog() throws {
        let lead = (bytes.first ?? 0x20, bytes.dropFirst().first ?? 0x20)
        if lead == (0xFE, 0xFF) || lead == (0xFF, 0xFE) || lead.0 == 0 || lead.1 == 0 {
            throw failure("the text is not in UTF-8, the only encoding taken,")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        guard stands("<?xml"), position + 5 < bytes.count, XMLScanner.isSpace(bytes[position + 5]) else { return }
        position += 5
        let declaration = try upTo("?>")
        let name = "encoding".utf8
        guard let place = declaration.indices.first(where: { declaration[$0...].starts(with: name) }) else { return }
        let rest = String(decoding: declaration[(place + name.count)...], as: UTF8.self)
        let words = rest.split { " =\"'\t\r\n".contains($0) }
        let encoding = words.first?.lowercased() ?? ""
        guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(encoding) else {
            throw failure("the encoding is \(encoding.prefix(40)); send UTF-8, the only one taken,")
        }
    }

    /// Reads over white space, comments and processing instructions.
    mutating func skipSpace() throws {
        while let byte = next {
            if XMLScanner.isSpace(byte) {
                position += 1
            } else if byte == UInt8(ascii: "<") {
                guard try skipMarkup() else { return }
            } else {
                return
            }
        }
    }

    /// Whether all has been read.
    var isAtEnd: Bool { position == bytes.count }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// Whether what begins here is something else than a tag.
    private var isDeclarationAhead: Bool {
        guard position + 1 < bytes.count else { return false }
        return bytes[position + 1] == UInt8(ascii: "!") || bytes[position + 1] == UInt8(ascii: "?")
    }

    /// Reads over a comment or a processing instruction; false where something else stands.
    private mutating func skipMarkup() throws -> Bool {
        guard isDeclarationAhead else { return false }
        if stands("<!--") {
            position += 4
            _ = try upTo("-->")
            return true
        }
        if stands("<?") {
            position += 2
            _ = try upTo("?>")
            return true
        }
        if stands("<!DOCTYPE") { throw failure("a document type stands, which is not taken,") }
        return false
    }

    private mutating func upTo(_ end: StaticString) throws -> ArraySlice<UInt8> {
        let start = position
        let first = end.description.utf8.first ?? 0
        while position < bytes.count {
            if bytes[position] == first, stands(end) {
                defer { position += end.utf8CodeUnitCount }
                return bytes[start..<position]
            }
            position += 1
        }
        position = start
        throw failure("something that begins here does not end, which is")
    }
}

// MARK: - Tags

extension XMLScanner {
    /// Reads the next tag, where nothing but white space may stand before it.
    mutating func tag() throws -> XMLTag {
        try skipSpace()
        guard next == UInt8(ascii: "<") else {
            throw failure(next == nil ? "the text ends early" : "text stands where a tag is needed")
        }
        position += 1
        if next == UInt8(ascii: "/") {
            position += 1
            let name = try elementName()
            skipBlanks()
            guard next == UInt8(ascii: ">") else { throw failure("an end tag is not closed") }
            position += 1
            return XMLTag(kind: .end, name: name)
        }
        let name = try elementName()
        return XMLTag(kind: try attributes() ? .empty : .start, name: name)
    }

    private mutating func elementName() throws -> XMLName {
        let start = position
        while let byte = next, XMLScanner.isNameByte(byte) { position += 1 }
        guard position > start else { throw failure("a tag has no name") }
        return XMLScanner.name(bytes[start..<position])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
            UInt8(ascii: ":"), 0x80...:
            true
        default: false
        }
    }

    private mutating func skipBlanks() {
        while let byte = next, XMLScanner.isSpace(byte) { position += 1 }
    }

    /// Reads over attributes up to the tag's end; true where the element is empty.
    private mutating func attributes() throws -> Bool {
        while true {
            let start = position
            skipBlanks()
            switch next {
            case UInt8(ascii: ">"):
                position += 1
                return false
            case UInt8(ascii: "/"):
                position += 1
                guard next == UInt8(ascii: ">") else { throw failure("a tag is not closed") }
                position += 1
                return true
            case .none: throw failure("the text ends early")
            default:
                guard position > start else { throw failure("a tag is not closed") }
                try attribute()
            }
        }
    }

    private mutating func attribute() throws {
        _ = try elementName()
        skipBlanks()
        guard next == UInt8(ascii: "=") else { throw failure("an attribute has no value") }
        position += 1
        skipBlanks()
        guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            throw failure("an attribute's value has no quotes")
        }
        position += 1
        while let byte = next, byte != quote {
            guard byte != UInt8(ascii: "<") else { throw failure("an attribute's value does not end") }
            position += 1
        }
        guard next == quote else { throw failure("the text ends early") }
        position += 1
    }
}

// MARK: - Character data

extension XMLScanner {
    /// Reads characters up to the next tag, over comments and with what CDATA sections hold.
    mutating func characters() throws -> [UInt8] {
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "<"):
                if isDeclarationAhead, stands("<![CDATA[") {
                    position += 9
                    try append(section: try upTo("]]>"), to: &text)
                } else if try !skipMarkup() {
                    return text
                }
            case UInt8(ascii: "&"): try reference(into: &text)
            case 0x0D:
                // XML reads every kind of line end as one line feed (XML 1.0, 2.11).
                position += 1
                if next != 0x0A { text.append(0x0A) }
            default: try run(into: &text)
            }
        }
        throw failure("the text ends early")
    }

    private mutating func run(into text: inout [UInt8]) throws {
        let start = position
        while let byte = next, byte != UInt8(ascii: "<"), byte != UInt8(ascii: "&"), byte != 0x0D {
            guard byte >= 0x20 || byte == 0x0A || byte == 0x09 else { throw failure("a control character stands") }
            position += 1
        }
        text.append(contentsOf: bytes[start..<position])
    }

    private func append(section: ArraySlice<UInt8>, to text: inout [UInt8]) throws {
        var isAfterReturn = false
        for byte in section {
            guard byte >= 0x20 || XMLScanner.isSpace(byte) else { throw failure("a control character stands before") }
            if byte == 0x0D {
                text.append(0x0A)
            } else if byte != 0x0A || !isAfterReturn {
                text.append(byte)
            }
            isAfterReturn = byte == 0x0D
        }
    }

    private mutating func reference(into text: inout [UInt8]) throws {
        guard let end = bytes[position..<min(position + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
            throw failure("an & stands by itself; write &amp;")
        }
        let name = bytes[position + 1..<end]
        if name.first == UInt8(ascii: "#") {
            text.append(contentsOf: Array(String(try character(name.dropFirst())).utf8))
        } else {
            text.append(try XMLScanner.predefined(name) ?? { throw failure("an entity that is not known stands") }())
        }
        position = end + 1
    }

    private static func predefined(_ name: ArraySlice<UInt8>) -> UInt8? {
        switch String(decoding: name, as: UTF8.self) {
        case "lt": UInt8(ascii: "<")
        case "gt": UInt8(ascii: ">")
        case "amp": UInt8(ascii: "&")
        case "quot": UInt8(ascii: "\"")
        case "apos": UInt8(ascii: "'")
        default: nil
        }
    }

    private func character(_ digits: ArraySlice<UInt8>) throws -> Unicode.Scalar {
        let isHexadecimal = digits.first == UInt8(ascii: "x")
        let text = String(decoding: isHexadecimal ? digits.dropFirst() : digits, as: UTF8.self)
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-"),
            let number = UInt32(text, radix: isHexadecimal ? 16 : 10), let scalar = Unicode.Scalar(number),
            number >= 0x20 || number == 0x09 || number == 0x0A || number == 0x0D, number & 0xFFFE != 0xFFFE
        else { throw failure("a number that is no character of XML stands") }
        return scalar
    }
}
