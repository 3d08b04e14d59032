// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// Reads XML-RPC messages.
///
/// Beyond the specification it takes `i8`, numbers with an exponent, `true` and `false`, and dates with hyphens;
/// attributes are read over. Every failure says what is wrong, and where.
package struct XMLRPCParser {
    private var scanner: XMLScanner
    private let limits: XMLRPCLimits
    private var values = 0

    private init(_ bytes: [UInt8], limits: XMLRPCLimits) throws {
        guard bytes.count <= limits.bytes else {
            throw GatehouseError(.limitExceeded, "A message may have at most \(limits.bytes) bytes; send less at once.")
        }
        scanner = XMLScanner(bytes)
        self.limits = limits
        try scanner.readProlog()
    }

    /// Reads a call.
    ///
    /// - Throws: `parseError` with the byte at which the text is wrong, or `limitExceeded`.
    package static func call(_ bytes: [UInt8], limits: XMLRPCLimits = XMLRPCLimits()) throws -> XMLRPCCall {
        var parser = try XMLRPCParser(bytes, limits: limits)
        try parser.open(.methodCall)
        try parser.open(.methodName)
        let method = try parser.text(upTo: .methodName)
        guard !method.isEmpty, method.utf8.count <= 200, method.utf8.allSatisfy(isMethodByte) else {
            throw parser.scanner.failure("the method's name is none that the specification allows")
        }
        var parameters: [XMLRPCValue] = []
        let tag = try parser.scanner.tag()
        if tag == XMLTag(kind: .start, name: .params) {
            parameters = try parser.parameters()
            try parser.close(.methodCall)
        } else if tag == XMLTag(kind: .empty, name: .params) {
            try parser.close(.methodCall)
        } else if tag != XMLTag(kind: .end, name: .methodCall) {
            throw parser.scanner.failure("something else stands before params, which is wrong")
        }
        try parser.end()
        return XMLRPCCall(method: method, parameters: parameters)
    }

    /// Reads an answer.
    ///
    /// - Throws: `parseError` with the byte at which the text is wrong, or `limitExceeded`.
    package static func response(_ bytes: [UInt8], limits: XMLRPCLimits = XMLRPCLimits()) throws -> XMLRPCResponse {
        var parser = try XMLRPCParser(bytes, limits: limits)
        try parser.open(.methodResponse)
        let response: XMLRPCResponse
        switch try parser.scanner.tag() {
        case XMLTag(kind: .start, name: .params):
            let parameters = try parser.parameters()
            guard let value = parameters.first, parameters.count == 1 else {
                throw parser.scanner.failure("an answer has other than one value")
            }
            response = .value(value)
        case XMLTag(kind: .start, name: .fault):
            try parser.open(.value)
            let value = try parser.value(depth: 0)
            try parser.close(.fault)
            guard let code = value["faultCode"]?.intValue, let text = value["faultString"]?.stringValue,
                let code = Int(exactly: code)
            else { throw parser.scanner.failure("a fault has no number and text") }
            response = .fault(XMLRPCFault(code: code, text: text))
        default: throw parser.scanner.failure("neither params nor a fault stands before")
        }
        try parser.close(.methodResponse)
        try parser.end()
        return response
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }
}

// MARK: - Structure

extension XMLRPCParser {
    private mutating func open(_ name: XMLName) throws {
        guard try scanner.tag() == XMLTag(kind: .start, name: name) else {
            throw scanner.failure("<\(name.text)> is missing before")
        }
    }

    private mutating func close(_ name: XMLName) throws {
        guard try scanner.tag() == XMLTag(kind: .end, name: name) else {
            throw scanner.failure("</\(name.text)> is missing before")
        }
    }

    private mutating func end() throws {
        try scanner.skipSpace()
        guard scanner.isAtEnd else { throw scanner.failure("something follows the message") }
    }

    private mutating func text(upTo name: XMLName) throws -> String {
        try string(try content(upTo: name))
    }

    /// The characters of an element that holds nothing else.
    private mutating func content(upTo name: XMLName) throws -> [UInt8] {
        let text = try scanner.characters()
        try close(name)
        return text
    }

    private func string(_ text: [UInt8]) throws -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw scanner.failure("invalid UTF-8 stands before")
        }
        return string
    }

    /// The values of `params`, whose start tag has been read, up to its end tag.
    private mutating func parameters() throws -> [XMLRPCValue] {
        var parameters: [XMLRPCValue] = []
        while true {
            let tag = try scanner.tag()
            if tag == XMLTag(kind: .end, name: .params) { return parameters }
            guard tag == XMLTag(kind: .start, name: .param) else {
                throw scanner.failure("something else than a parameter stands before")
            }
            parameters.append(try openedValue(depth: 0))
            try close(.param)
        }
    }

    /// A value, its start tag included.
    private mutating func openedValue(depth: Int) throws -> XMLRPCValue {
        switch try scanner.tag() {
        case XMLTag(kind: .start, name: .value): return try value(depth: depth)
        case XMLTag(kind: .empty, name: .value):
            try count()
            return ""
        default: throw scanner.failure("<value> is missing before")
        }
    }

    private mutating func count() throws {
        values += 1
        guard values <= limits.values else {
            throw GatehouseError(
                .limitExceeded, "A message may hold at most \(limits.values) values; send less at once.")
        }
    }

    /// What stands in a value whose start tag has been read, and its end tag.
    private mutating func value(depth: Int) throws -> XMLRPCValue {
        try count()
        guard depth < limits.depth else {
            throw GatehouseError(.limitExceeded, "The values are nested deeper than \(limits.depth) levels.")
        }
        let text = try scanner.characters()
        let tag = try scanner.tag()
        if tag == XMLTag(kind: .end, name: .value) { return .string(try string(text)) }
        guard tag.kind != .end, text.allSatisfy(XMLScanner.isSpace) else {
            throw scanner.failure("text and a tag stand together in a value before")
        }
        let value = try typed(tag, depth: depth)
        try close(.value)
        return value
    }

    private mutating func typed(_ tag: XMLTag, depth: Int) throws -> XMLRPCValue {
        let isEmpty = tag.kind == .empty
        switch tag.name {
        case .array: return isEmpty ? [] : .array(try elements(depth: depth))
        case .structure: return .structure(isEmpty ? [] : try members(depth: depth))
        case .nothing: throw scanner.failure("nil stands, which is not taken: leave the value out,")
        default: return try scalar(tag.name, isEmpty ? [] : try content(upTo: tag.name))
        }
    }

    private mutating func elements(depth: Int) throws -> [XMLRPCValue] {
        var elements: [XMLRPCValue] = []
        let tag = try scanner.tag()
        if tag == XMLTag(kind: .empty, name: .data) {
            try close(.array)
            return elements
        }
        guard tag == XMLTag(kind: .start, name: .data) else { throw scanner.failure("<data> is missing before") }
        while true {
            switch try scanner.tag() {
            case XMLTag(kind: .end, name: .data):
                try close(.array)
                return elements
            case XMLTag(kind: .start, name: .value): elements.append(try value(depth: depth + 1))
            case XMLTag(kind: .empty, name: .value):
                try count()
                elements.append("")
            default: throw scanner.failure("something else than a value stands in an array before")
            }
        }
    }

    private mutating func members(depth: Int) throws -> [XMLRPCMember] {
        var members: [XMLRPCMember] = []
        var names: Set<String> = []
        while true {
            let tag = try scanner.tag()
            if tag == XMLTag(kind: .end, name: .structure) { return members }
            guard tag == XMLTag(kind: .start, name: .member) else {
                throw scanner.failure("something else than a member stands in a struct before")
            }
            try open(.name)
            let name = try text(upTo: .name)
            guard names.insert(name).inserted else { throw scanner.failure("a member stands twice before") }
            members.append(XMLRPCMember(name, try openedValue(depth: depth + 1)))
            try close(.member)
        }
    }
}

// MARK: - Scalars

extension XMLRPCParser {
    private func scalar(_ name: XMLName, _ content: [UInt8]) throws -> XMLRPCValue {
        if name == .string { return .string(try string(content)) }
        let text = XMLRPCParser.trimmed(content)
        switch name {
        case .int, .i4, .i8:
            guard text.count <= 20, let number = Int64(String(decoding: text, as: UTF8.self)) else {
                throw scanner.failure("what is no whole number stands before")
            }
            return .int(number)
        case .boolean:
            switch String(decoding: text, as: UTF8.self) {
            case "1", "true": return true
            case "0", "false": return false
            default: throw scanner.failure("a boolean that is neither 0 nor 1 stands before")
            }
        case .double: return .double(try double(text))
        case .dateTime:
            guard let moment = XMLRPCDateTime(text) else { throw scanner.failure("what is no date stands before") }
            return .dateTime(moment)
        case .base64:
            let packed = content.filter { !XMLScanner.isSpace($0) }
            guard let decoded = Data(base64Encoded: Data(packed)) else {
                throw scanner.failure("what is no Base64 stands before")
            }
            return .base64(Array(decoded))
        default: throw scanner.failure("a type that is not known stands before")
        }
    }

    private func double(_ text: ArraySlice<UInt8>) throws -> Double {
        let allowed = Set("+-.eE0123456789".utf8)
        guard !text.isEmpty, text.count <= 400, text.allSatisfy(allowed.contains),
            let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite
        else { throw scanner.failure("what is no number stands before") }
        return number
    }

    private static func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
        guard let first = text.firstIndex(where: { !XMLScanner.isSpace($0) }),
            let last = text.lastIndex(where: { !XMLScanner.isSpace($0) })
        else { return [] }
        return text[first...last]
    }
}

extension XMLName {
    fileprivate static let methodCall = XMLScanner.name("methodCall".utf8)
    fileprivate static let methodName = XMLScanner.name("methodName".utf8)
    fileprivate static let methodResponse = XMLScanner.name("methodResponse".utf8)
    fileprivate static let params = XMLScanner.name("params".utf8)
    fileprivate static let param = XMLScanner.name("param".utf8)
    fileprivate static let fault = XMLScanner.name("fault".utf8)
    fileprivate static let value = XMLScanner.name("value".utf8)
    fileprivate static let array = XMLScanner.name("array".utf8)
    fileprivate static let data = XMLScanner.name("data".utf8)
    fileprivate static let structure = XMLScanner.name("struct".utf8)
    fileprivate static let member = XMLScanner.name("member".utf8)
    fileprivate static let name = XMLScanner.name("name".utf8)
    fileprivate static let nothing = XMLScanner.name("nil".utf8)
    fileprivate static let string = XMLScanner.name("string".utf8)
    fileprivate static let int = XMLScanner.name("int".utf8)
    fileprivate static let i4 = XMLScanner.name("i4".utf8)
    fileprivate static let i8 = XMLScanner.name("i8".utf8)
    fileprivate static let boolean = XMLScanner.name("boolean".utf8)
    fileprivate static let double = XMLScanner.name("double".utf8)
    fileprivate static let dateTime = XMLScanner.name("dateTime.iso8601".utf8)
    fileprivate static let base64 = XMLScanner.name("base64".utf8)

    /// The name's text.
    fileprivate var text: String {
        let bytes = (0..<16).reversed().map { UInt8(truncatingIfNeeded: self >> XMLName($0 * 8)) }
        return String(decoding: bytes.drop { $0 == 0 }, as: UTF8.self)
    }
}
