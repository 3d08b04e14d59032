// SPDX-License-Identifier: Apache-2.0

/// Why a text is not taken as XML.
struct XMLError: Error, Equatable {
    /// What is wrong, for logs.
    let reason: String
    /// Where, as a byte offset.
    let offset: Int
}

/// A small strict reader of the XML that libvirt writes.
///
/// It knows elements, attributes, text, CDATA, comments, processing instructions and the five named
/// and the numeric references. It refuses document types, and with them entities of one's own, and
/// whatever is not well formed. It takes nothing from outside its bytes.
///
/// Not libxml2, because that would be one C library more at a place where a node's answers come in;
/// not FoundationXML, because it needs all of Foundation and libxml2 as well.
struct XMLReader {
    /// One piece of the document.
    enum Token: Equatable {
        /// An element begins; one without content is followed by its end at once.
        case start(name: String, attributes: [String: String])
        /// An element ends.
        case end(name: String)
        /// Characters between two tags.
        case text(String)
    }

    /// The most bytes of a document.
    static let sizeLimit = 4 * 1024 * 1024
    /// The most elements inside each other; a chain of disk images nests 200 deep.
    static let depthLimit = 512
    /// The most attributes of one element.
    static let attributeLimit = 64

    private let bytes: [UInt8]
    private var position = 0
    private var open: [String] = []
    private var closesAtOnce = false
    private var hasRoot = false

    /// Reads a document in UTF-8.
    init(_ bytes: [UInt8]) throws(XMLError) {
        guard bytes.count <= Self.sizeLimit else {
            throw XMLError(reason: "over \(Self.sizeLimit) bytes", offset: 0)
        }
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next piece; nil after the end of the root element.
    mutating func next() throws(XMLError) -> Token? {
        if closesAtOnce {
            closesAtOnce = false
            return .end(name: open.removeLast())
        }
        while position < bytes.count {
            guard bytes[position] == Byte.less else {
                if let text = try characters() { return .text(text) }
                continue
            }
            if skipped("<![CDATA[") {
                guard !open.isEmpty else { throw failure("CDATA outside the root") }
                return .text(try string(through(until: "]]>")))
            }
            if skipped("<!--") {
                _ = try through(until: "-->")
            } else if skipped("<?") {
                _ = try through(until: "?>")
            } else if skipped("</") {
                return try endTag()
            } else {
                return try startTag()
            }
        }
        guard open.isEmpty, hasRoot else { throw failure("the document ends too early") }
        return nil
    }

    // MARK: Tags

    private mutating func startTag() throws(XMLError) -> Token {
        position += 1
        guard !open.isEmpty || !hasRoot else { throw failure("a second root") }
        guard open.count < Self.depthLimit else { throw failure("over \(Self.depthLimit) levels") }
        let name = try name()
        var attributes: [String: String] = [:]
        while true {
            let hadSpace = skipSpace()
            if skipped("/>") {
                closesAtOnce = true
                break
            }
            if skipped(">") { break }
            guard hadSpace, attributes.count < Self.attributeLimit else { throw failure("a bad tag") }
            let key = try self.name()
            skipSpace()
            guard skipped("=") else { throw failure("an attribute without a value") }
            skipSpace()
            guard attributes.updateValue(try quoted(), forKey: key) == nil else {
                throw failure("an attribute twice")
            }
        }
        open.append(name)
        hasRoot = true
        return .start(name: name, attributes: attributes)
    }

    private mutating func endTag() throws(XMLError) -> Token {
        let name = try name()
        skipSpace()
        guard skipped(">"), open.last == name else { throw failure("an end tag that does not fit") }
        open.removeLast()
        return .end(name: name)
    }

    private mutating func quoted() throws(XMLError) -> String {
        guard position < bytes.count, bytes[position] == Byte.quote || bytes[position] == Byte.apostrophe else {
            throw failure("a value without quotes")
        }
        let mark = bytes[position]
        position += 1
        let start = position
        while position < bytes.count, bytes[position] != mark {
            guard bytes[position] != Byte.less else { throw failure("a < in a value") }
            position += 1
        }
        guard position < bytes.count else { throw failure("a value without an end") }
        position += 1
        return try decoded(bytes[start..<(position - 1)])
    }

    private mutating func name() throws(XMLError) -> String {
        let start = position
        while position < bytes.count, Byte.isName(bytes[position]), position - start <= 256 { position += 1 }
        guard position > start, position - start <= 256, !Byte.mayNotBegin(bytes[start]) else {
            throw failure("a bad name")
        }
        return try string(bytes[start..<position])
    }

    // MARK: Text

    private mutating func characters() throws(XMLError) -> String? {
        let start = position
        while position < bytes.count, bytes[position] != Byte.less { position += 1 }
        let slice = bytes[start..<position]
        if open.isEmpty {
            guard slice.allSatisfy(Byte.isSpace) else { throw failure("text outside the root") }
            return nil
        }
        return try decoded(slice)
    }

    private func decoded(_ slice: ArraySlice<UInt8>) throws(XMLError) -> String {
        guard slice.contains(Byte.ampersand) else { return try string(slice) }
        var result: [UInt8] = []
        var index = slice.startIndex
        while index < slice.endIndex {
            guard slice[index] == Byte.ampersand else {
                result.append(slice[index])
                index += 1
                continue
            }
            guard let end = slice[index...].prefix(12).firstIndex(of: Byte.semicolon) else {
                throw failure("an & that is no reference")
            }
            let reference = try string(slice[(index + 1)..<end])
            guard let scalar = Self.scalar(reference) else { throw failure("an unknown reference") }
            result.append(contentsOf: String(scalar).utf8)
            index = end + 1
        }
        return try string(result[...])
    }

    private static func scalar(_ reference: String) -> Unicode.Scalar? {
        switch reference {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        let number: UInt32?
        if reference.hasPrefix("#x") {
            number = UInt32(reference.dropFirst(2), radix: 16)
        } else if reference.hasPrefix("#") {
            number = UInt32(reference.dropFirst())
        } else {
            number = nil
        }
        return number.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }

    private func string(_ slice: ArraySlice<UInt8>) throws(XMLError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw failure("not UTF-8") }
        return text
    }

    // MARK: Bytes

    private mutating func skipped(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let isThere = text.withUTF8Buffer { unsafe bytes[position..<(position + count)].elementsEqual($0) }
        if isThere { position += count }
        return isThere
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = position
        while position < bytes.count, Byte.isSpace(bytes[position]) { position += 1 }
        return position > start
    }

    private mutating func through(until mark: StaticString) throws(XMLError) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            let end = position
            if skipped(mark) { return bytes[start..<end] }
            position += 1
        }
        throw failure("something without an end")
    }

    private func failure(_ reason: String) -> XMLError { XMLError(reason: reason, offset: position) }
}

/// The bytes that mean something in XML.
private enum Byte {
    static let less = UInt8(ascii: "<")
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let ampersand = UInt8(ascii: "&")
    static let semicolon = UInt8(ascii: ";")

    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 10 || byte == 13 }

    static func isName(_ byte: UInt8) -> Bool {
        (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 58) || byte == 45
            || byte == 46 || byte == 95 || byte >= 128
    }

    static func mayNotBegin(_ byte: UInt8) -> Bool { (byte >= 48 && byte <= 57) || byte == 45 || byte == 46 }
}
