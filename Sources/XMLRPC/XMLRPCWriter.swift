// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Writes XML-RPC messages, in UTF-8.
///
/// Characters that XML 1.0 can not carry become U+FFFD, and numbers that are not finite become 0: an answer
/// that some reader refuses would be worse.
package enum XMLRPCWriter {
    /// The bytes of a call.
    package static func bytes(_ call: XMLRPCCall) -> [UInt8] {
        var output = Array("<?xml version=\"1.0\"?>\n<methodCall><methodName>".utf8)
        escape(call.method, to: &output)
        output.append(contentsOf: "</methodName><params>".utf8)
        for parameter in call.parameters {
            output.append(contentsOf: "<param>".utf8)
            write(parameter, to: &output)
            output.append(contentsOf: "</param>".utf8)
        }
        output.append(contentsOf: "</params></methodCall>\n".utf8)
        return output
    }

    /// The bytes of an answer.
    package static func bytes(_ response: XMLRPCResponse) -> [UInt8] {
        var output = Array("<?xml version=\"1.0\"?>\n<methodResponse>".utf8)
        switch response {
        case .value(let value):
            output.append(contentsOf: "<params><param>".utf8)
            write(value, to: &output)
            output.append(contentsOf: "</param></params>".utf8)
        case .fault(let fault):
            output.append(contentsOf: "<fault>".utf8)
            write(
                .members(["faultCode": .int(Int64(fault.code)), "faultString": .string(fault.text)]), to: &output)
            output.append(contentsOf: "</fault>".utf8)
        }
        output.append(contentsOf: "</methodResponse>\n".utf8)
        return output
    }

    private static func write(_ value: XMLRPCValue, to output: inout [UInt8]) {
        output.append(contentsOf: "<value>".utf8)
        switch value {
        case .int(let number):
            let tag = Int32(exactly: number) == nil ? "i8" : "int"
            element(tag, String(number), to: &output)
        case .boolean(let flag): element("boolean", flag ? "1" : "0", to: &output)
        case .double(let number): element("double", decimal(number), to: &output)
        case .string(let text):
            output.append(contentsOf: "<string>".utf8)
            escape(text, to: &output)
            output.append(contentsOf: "</string>".utf8)
        case .dateTime(let moment): element("dateTime.iso8601", moment.description, to: &output)
        case .base64(let bytes): element("base64", Data(bytes).base64EncodedString(), to: &output)
        case .array(let elements):
            output.append(contentsOf: "<array><data>".utf8)
            for element in elements { write(element, to: &output) }
            output.append(contentsOf: "</data></array>".utf8)
        case .structure(let members):
            output.append(contentsOf: "<struct>".utf8)
            for member in members {
                output.append(contentsOf: "<member><name>".utf8)
                escape(member.name, to: &output)
                output.append(contentsOf: "</name>".utf8)
                write(member.value, to: &output)
                output.append(contentsOf: "</member>".utf8)
            }
            output.append(contentsOf: "</struct>".utf8)
        }
        output.append(contentsOf: "</value>".utf8)
    }

    private static func element(_ tag: String, _ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "<"))
        output.append(contentsOf: tag.utf8)
        output.append(UInt8(ascii: ">"))
        output.append(contentsOf: text.utf8)
        output.append(contentsOf: "</".utf8)
        output.append(contentsOf: tag.utf8)
        output.append(UInt8(ascii: ">"))
    }

    private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    private static func escape(_ text: String, to output: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): output.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): output.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "&"): output.append(contentsOf: "&amp;".utf8)
            case 0x0D: output.append(contentsOf: "&#13;".utf8)
            case 0x09, 0x0A: output.append(byte)
            case 0..<0x20: output.append(contentsOf: replacement)
            case 0xBE, 0xBF:
                output.append(byte)
                // U+FFFE and U+FFFF are no characters of XML.
                if output.suffix(3).elementsEqual([0xEF, 0xBF, byte]) {
                    output.replaceSubrange((output.count - 1)..., with: [0xBD])
                }
            default: output.append(byte)
            }
        }
    }

    /// The number without an exponent, as the specification wants it, and exact: reading gives the same number.
    static func decimal(_ number: Double) -> String {
        guard number.isFinite else { return "0.0" }
        let text = String(number)
        guard let place = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: place)...]) else {
            return text
        }
        let sign = text.hasPrefix("-") ? "-" : ""
        let parts = text[..<place].drop { $0 == "-" }.split(separator: ".")
        let whole = String(parts.first ?? "0")
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        if fraction == "0" { fraction = "" }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - whole.count) + whole + fraction
        }
        return sign + whole + fraction + String(repeating: "0", count: max(0, exponent - fraction.count)) + ".0"
    }
}
