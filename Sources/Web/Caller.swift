// SPDX-License-Identifier: Apache-2.0

import Core
import Model

/// The parts of a request that tell who calls, however it came in.
struct RequestFacts: Sendable {
    /// The address of the other end of the connection.
    var peer: String
    /// The header `X-Forwarded-For`, its lines joined by commas.
    var forwardedFor: String?
    /// The header `Cookie`, its lines joined by semicolons.
    var cookie: String?
    /// The header `Origin`.
    var origin: String?
    /// The header `Host`.
    var host: String?
    /// The header `X-Forwarded-Proto`.
    var forwardedProtocol: String?
    /// The header `User-Agent`.
    var userAgent: String?
}

/// Finds out who calls: client address, origin, session.
struct CallerPolicy: Sendable {
    /// The cookie's name; the prefix makes browsers insist on `Secure`, `Path=/` and no domain (RFC 6265bis, 4.1.3).
    static let cookieName = "__Host-gatehouse"

    let settings: WebSettings
    let sessions: SessionRegistry

    /// The caller, as the cookie shows him.
    func principal(_ facts: RequestFacts) async -> Principal {
        let address = clientAddress(facts)
        let userAgent = facts.userAgent ?? ""
        if let token = Self.sessionToken(facts.cookie),
            let known = await sessions.principal(
                token: token, kind: "web", address: address, userAgent: userAgent)
        {
            return known
        }
        return Principal(identity: .anonymous, address: address, userAgent: userAgent)
    }

    /// The client's address: the peer's, unless that is a trusted proxy; then the last one it did not vouch for.
    func clientAddress(_ facts: RequestFacts) -> String {
        guard isTrusted(facts.peer), let header = facts.forwardedFor else { return facts.peer }
        var client = facts.peer
        for entry in header.split(separator: ",").suffix(20).reversed() {
            let address = String(entry.trimmingWhitespace)
            guard IPAddress(address) != nil else { return client }
            client = address
            guard isTrusted(address) else { break }
        }
        return client
    }

    private func isTrusted(_ address: String) -> Bool {
        settings.trustedProxies.contains { $0.contains(address) }
    }

    /// Whether a page of that origin may call: one of the public origins, or the very host that was asked.
    func allowsOrigin(_ facts: RequestFacts) -> Bool {
        guard let origin = facts.origin else { return false }
        guard settings.publicOrigins.isEmpty else { return settings.publicOrigins.contains(origin) }
        guard let host = facts.host else { return false }
        if origin == "\(settings.isTLS ? "https" : "http")://\(host)" { return true }
        return isTrusted(facts.peer) && facts.forwardedProtocol == "https" && origin == "https://\(host)"
    }

    /// Whether nobody on the way could read along: TLS here, or at a trusted proxy.
    func isPrivate(_ facts: RequestFacts) -> Bool {
        settings.isTLS || isTrusted(facts.peer) && facts.forwardedProtocol == "https"
    }

    /// The refusal of a foreign or missing origin, with what to set.
    func originError(_ facts: RequestFacts) -> GatehouseError {
        guard let origin = facts.origin else {
            return GatehouseError(
                .forbidden,
                "The header Origin is missing. Scripts send the address they call, such as https://HOST:8443.")
        }
        return GatehouseError(
            .forbidden,
            "Pages of \(origin.prefix(200)) may not call this. Behind a proxy, list it under publicOrigins in the "
                + "configuration.")
    }

    /// The session's secret in a `Cookie` header; nil where it is not there just once.
    static func sessionToken(_ header: String?) -> String? {
        guard let header, header.utf8.count <= 16_384 else { return nil }
        let values = header.split(separator: ";").compactMap { pair -> Substring? in
            let pair = pair.trimmingWhitespace
            guard pair.hasPrefix(cookieName), pair.dropFirst(cookieName.count).first == "=" else { return nil }
            return pair.dropFirst(cookieName.count + 1)
        }
        return values.count == 1 ? values.first.map(String.init) : nil
    }

    /// The `Set-Cookie` header that gives a session's secret to a browser, or takes it back for nil.
    static func setCookie(_ token: String?) -> String {
        let life = token == nil ? "; Max-Age=0" : ""
        return "\(cookieName)=\(token ?? ""); Path=/; Secure; HttpOnly; SameSite=Strict\(life)"
    }
}

extension Substring {
    /// The text without spaces and tabs around it.
    var trimmingWhitespace: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
