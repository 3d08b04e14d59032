// SPDX-License-Identifier: Apache-2.0

import Model

/// The cookies that a plugin may have: those that its route names, and never the web console's own.
struct RouteCookies: Sendable {
    private static let longestHeader = 16_384

    private let names: [String]
    /// What stands behind the value of every one.
    private let attributes: String

    /// The cookies of a route.
    init(_ route: PluginRoute) {
        names = route.cookies.filter { $0 != CallerPolicy.cookieName }
        attributes = "; Path=\(route.path); Secure; HttpOnly; SameSite=Strict"
    }

    /// What of a `Cookie` header the plugin gets; nil where nothing of it is the plugin's.
    func kept(of header: String?) -> String? {
        guard !names.isEmpty, let header, header.utf8.count <= Self.longestHeader else { return nil }
        let pairs = header.split(separator: ";").map(\.trimmingWhitespace).filter { pair in
            names.contains { $0 == pair.prefix { $0 != "=" } } && pair.contains("=")
        }
        return pairs.isEmpty ? nil : pairs.joined(separator: "; ")
    }

    /// The `Set-Cookie` header for a cookie that the plugin gives.
    ///
    /// - Throws: `pluginFailed` where it may not give that.
    func header(for cookie: RouteCookie) throws(GatehouseError) -> String {
        guard names.contains(cookie.name) else {
            throw GatehouseError(.pluginFailed, "It sets the cookie \(cookie.name), which its route does not name.")
        }
        guard cookie.value.utf8.count <= 4096, cookie.value.utf8.allSatisfy(Self.isAllowed) else {
            throw GatehouseError(
                .pluginFailed, "The value of its cookie \(cookie.name) has characters that a cookie can not have.")
        }
        let pair = cookie.name + "=" + cookie.value + attributes
        guard let life = cookie.value.isEmpty ? 0 : cookie.maxAge else { return pair }
        return "\(pair); Max-Age=\(max(0, life))"
    }

    /// Whether a byte may be in a cookie's value (RFC 6265, 4.1.1: cookie-octet).
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\\"): false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
