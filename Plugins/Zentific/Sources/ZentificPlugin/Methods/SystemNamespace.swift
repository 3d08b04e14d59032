// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// What XML-RPC servers tell of themselves ("XML-RPC Introspection", 2001).
extension ZentificTable {
    static let system = [
        ZentificMethod(open: "system.listMethods", returns: "array of string") { _ in
            ZentificAnswer(value: .array(names.map(XMLRPCValue.string)))
        },
        ZentificMethod(open: "system.methodHelp", [.text("name")], returns: "string") { call in
            let method = try named(call.arguments.text("name"))
            let parameters = method.parameters.map { $0.isOptional ? "[\($0.name)]" : $0.name }
            return ZentificAnswer(
                value: .string(
                    "\(method.name)(\(parameters.joined(separator: ", "))) returns \(method.returns). "
                        + "It needs \(reach[method.name]?.need.rawValue ?? "superuser")."))
        },
        ZentificMethod(
            open: "system.methodSignature", [.text("name")], returns: "array of array of string"
        ) { call in
            let method = try named(call.arguments.text("name"))
            let result = String(method.returns.prefix { $0.isLetter }).lowercased()
            let type = ["array", "boolean", "int", "double", "string"].contains(result) ? result : "struct"
            let needed = method.parameters.filter { !$0.isOptional }
            let all = needed.count == method.parameters.count ? [needed] : [needed, method.parameters]
            return ZentificAnswer(
                value: .array(all.map { .array(([type] + $0.map(\.kind.type)).map(XMLRPCValue.string)) }))
        },
    ]

    /// Every name that can be called, in order.
    private static var names: [String] { byName.keys.sorted() }

    private static func named(_ name: String) throws -> ZentificMethod {
        guard let method = byName[name] else {
            throw ZentificFault.parameter("name", "There is no method of that name.")
        }
        return method
    }
}

extension ZentificKind {
    /// The type of XML-RPC that is meant to be sent.
    fileprivate var type: String {
        switch self {
        case .text, .uuid: "string"
        case .int, .flag: "int"
        case .members: "struct"
        case .ints: "array"
        }
    }
}
