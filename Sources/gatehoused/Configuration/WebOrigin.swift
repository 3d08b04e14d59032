// SPDX-License-Identifier: Apache-2.0

import Model

/// A web origin (RFC 6454): scheme, host and port, as a browser's `Origin` header shows it.
struct WebOrigin: Sendable, Hashable, CustomStringConvertible {
    /// `https`, or `http` on a loopback host.
    let scheme: String
    /// The host in lower case; an IPv6 address without brackets.
    let host: String
    /// The port; 443 for https and 80 for http are not shown.
    let port: Int

    /// Reads an origin; nil where it is none, has a path or more, or is plain http to another host.
    init?(_ text: String) {
        guard text.utf8.count <= 300, let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        var rest = text[separator.upperBound...]
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let place = HostPort(rest, defaultPort: scheme == "https" ? 443 : 80) else { return nil }
        host = place.host.lowercased()
        port = place.port
        let isLoopback = host == "localhost" || IPAddress(host)?.isLoopback == true
        if scheme == "http", !isLoopback { return nil }
    }

    /// The form that a browser sends.
    var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "https" ? 443 : 80) ? "\(scheme)://\(name)" : "\(scheme)://\(name):\(port)"
    }
}

/// A host and a port, as in `host:port` and `[v6]:port`.
struct HostPort: Sendable, Equatable {
    /// A host name or an address without brackets.
    let host: String
    /// 1 to 65535.
    let port: Int

    /// Reads both; nil where something else is there, or where the port is missing and there is no default.
    init?(_ text: some StringProtocol, defaultPort: Int? = nil) {
        var rest = Substring(text)
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            let inner = rest[rest.index(after: rest.startIndex)..<end]
            guard inner.contains(":"), IPAddress(inner) != nil else { return nil }
            host = String(inner)
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            guard HostPort.isHostName(rest[..<end]) else { return nil }
            host = String(rest[..<end])
            rest = rest[end...]
        }
        guard !rest.isEmpty || defaultPort == nil else {
            port = defaultPort ?? 0
            return
        }
        let digits = rest.dropFirst()
        guard rest.first == ":", (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            (1...65_535).contains(number)
        else { return nil }
        port = number
    }

    /// Whether this is a host name (RFC 1123) or an IPv4 address.
    static func isHostName(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isNumeric = labels.last?.allSatisfy { $0.isASCII && $0.isNumber } ?? false
        if isNumeric { return IPAddress(text) != nil }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }
}
