// SPDX-License-Identifier: Apache-2.0

import Model

/// Takes the text of a `LibvirtURI` apart.
struct LibvirtURIParser {
    private typealias Transport = LibvirtURI.Transport

    private let scheme: String
    private let authority: String
    private let path: String
    private let query: [(key: String, value: String)]

    init(_ text: String) throws {
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "%") }) else {
            throw Self.refusal("is too long or has characters that are not allowed in it")
        }
        guard !text.contains("#") else { throw Self.refusal("has a fragment") }
        guard let mark = text.firstRange(of: "://") else { throw Self.refusal("is not of the form scheme://...") }
        scheme = String(text[..<mark.lowerBound])
        let rest = text[mark.upperBound...]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let slash = parts[0].firstIndex(of: "/") ?? parts[0].endIndex
        authority = String(parts[0][..<slash])
        path = String(parts[0][slash...])
        query = parts.count < 2 ? [] : try Self.query(parts[1])
    }

    mutating func parse() throws -> (LibvirtURI.Driver, LibvirtURI.Transport, String) {
        if scheme.contains("+ext") || scheme.contains("libssh") {
            throw Self.refusal("uses the transport of \(scheme), which is not allowed")
        }
        switch scheme {
        case "test": return try testDriver()
        case "lxc":
            try refuseQuery()
            guard authority.isEmpty, path == "/" else { throw Self.refusal("must be lxc:///") }
            return (.lxc, .local, path)
        case "qemu":
            try refuseQuery()
            try refuseHost()
            return (.qemu, .local, try instance(["/system", "/session"]))
        case "qemu+unix":
            try refuseHost()
            return (.qemu, .unix(socket: try socket()), try instance(["/system", "/session"]))
        case "qemu+ssh":
            try refuseQuery()
            return (.qemu, .ssh(try endpoint(allowsUser: true)), try instance(["/system"]))
        case "qemu+tls":
            try refuseQuery()
            return (.qemu, .tls(try endpoint(allowsUser: false)), try instance(["/system"]))
        default:
            throw Self.refusal(
                "has the scheme \(scheme.prefix(40)); use test, qemu, qemu+unix, qemu+ssh, qemu+tls or lxc")
        }
    }

    private func testDriver() throws -> (LibvirtURI.Driver, LibvirtURI.Transport, String) {
        try refuseQuery()
        try refuseHost()
        guard path == "/default" || (path.hasSuffix(".xml") && Self.isPlainPath(path)) else {
            throw Self.refusal("must be test:///default or test:/// with the absolute path of an .xml file")
        }
        return (.test, .local, path)
    }

    private func instance(_ allowed: [String]) throws -> String {
        guard allowed.contains(path) else {
            throw Self.refusal("must end in \(allowed.joined(separator: " or "))")
        }
        return path
    }

    private func socket() throws -> String {
        for (key, _) in query where key != "socket" { throw Self.refusal(key: key) }
        guard query.count == 1, let socket = query.first?.value else {
            throw Self.refusal("needs ?socket= with the path of the daemon's socket, once")
        }
        guard Self.isPlainPath(socket), socket.utf8.count <= 107 else {
            throw Self.refusal("needs an absolute socket path of at most 107 plain characters")
        }
        return socket
    }

    private func refuseQuery() throws {
        if let (key, _) = query.first { throw Self.refusal(key: key) }
    }

    private func refuseHost() throws {
        guard authority.isEmpty else {
            throw Self.refusal("names a host, which \(scheme) does not take; write \(scheme):///...")
        }
    }

    private func endpoint(allowsUser: Bool) throws -> LibvirtURI.Endpoint {
        var rest = authority[...]
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
            guard allowsUser else { throw Self.refusal("names a user, which \(scheme) does not take") }
            guard let user, Self.isUser(user) else { throw Self.refusal("has a user name that is not allowed") }
        }
        let (host, port) = try Self.hostAndPort(rest)
        return LibvirtURI.Endpoint(user: user, host: host, port: port)
    }

    private static func hostAndPort(_ text: Substring) throws -> (String, Int?) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw refusal("has a [ without a ]") }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw refusal("has something else after ]") }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard isIPv6(host) else { throw refusal("has no IPv6 address between [ and ]") }
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard isHostName(host) else { throw refusal("has a host that is not a name or an address") }
        }
        guard let port else { return (String(host), nil) }
        guard port.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let number = Int(port), (1...65535).contains(number)
        else { throw refusal("has a port that is not a number from 1 to 65535") }
        return (String(host), number)
    }

    private static func query(_ text: Substring) throws -> [(key: String, value: String)] {
        try text.split(separator: "&", omittingEmptySubsequences: false).map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else { throw refusal("has a query that is not key=value") }
            return (String(pair[0]), String(pair[1]))
        }
    }

    /// Letters, digits and inner hyphens, in labels of at most 63, divided by points.
    static func isHostName(_ host: Substring) -> Bool {
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isIPv6(_ host: Substring) -> Bool {
        host.utf8.count <= 45 && host.contains(":")
            && host.utf8.allSatisfy {
                ($0 >= 48 && $0 <= 58) || ($0 >= 97 && $0 <= 102) || ($0 >= 65 && $0 <= 70) || $0 == UInt8(ascii: ".")
            }
    }

    private static func isUser(_ user: String) -> Bool {
        guard let first = user.utf8.first, user.utf8.count <= 32 else { return false }
        return (isAlphanumeric(first) || first == UInt8(ascii: "_"))
            && user.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    /// An absolute path without `..`, of characters that need no quoting anywhere.
    static func isPlainPath(_ path: String) -> Bool {
        path.hasPrefix("/") && !path.hasSuffix("/")
            && path.utf8.allSatisfy { isAlphanumeric($0) || "/_.-@+,".utf8.contains($0) }
            && !path.split(separator: "/").contains("..")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    }

    private static func refusal(_ what: String) -> GatehouseError {
        .invalidParameter("uri", "The node's address \(what).")
    }

    private static func refusal(key: String) -> GatehouseError {
        refusal("has the parameter \"\(key.prefix(40))\", which is not allowed in it; remove it")
    }
}
