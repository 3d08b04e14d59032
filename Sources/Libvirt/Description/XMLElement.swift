// SPDX-License-Identifier: Apache-2.0

/// An element with what is in it.
struct XMLElement: Equatable {
    /// Its name, with the prefix where it has one.
    var name: String
    /// Its attributes.
    var attributes: [String: String] = [:]
    /// The elements directly in it, in order.
    var children: [XMLElement] = []
    /// The characters directly in it, joined.
    var text = ""

    /// Makes an element.
    init(name: String, attributes: [String: String] = [:], children: [XMLElement] = [], text: String = "") {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
    }

    /// The most elements of one document.
    static let countLimit = 100_000

    /// Reads the root element of a document.
    static func parse(_ bytes: [UInt8]) throws(XMLError) -> XMLElement {
        var reader = try XMLReader(bytes)
        var open: [XMLElement] = []
        var root: XMLElement?
        var count = 0
        while let token = try reader.next() {
            switch token {
            case .start(let name, let attributes):
                count += 1
                guard count <= countLimit else {
                    throw XMLError(reason: "over \(countLimit) elements", offset: 0)
                }
                open.append(XMLElement(name: name, attributes: attributes))
            case .text(let text):
                if let last = open.indices.last { open[last].text += text }
            case .end:
                guard let done = open.popLast() else { continue }
                if let last = open.indices.last { open[last].children.append(done) } else { root = done }
            }
        }
        guard let root else { throw XMLError(reason: "no root", offset: 0) }
        return root
    }

    /// The first child with a name.
    func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The children with a name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// An attribute's value; nil where it is missing or empty.
    subscript(attribute: String) -> String? {
        attributes[attribute].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The text without the white space around it.
    var trimmedText: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        let front = text.drop(while: isSpace)
        guard let last = front.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(front[...last])
    }
}
