// SPDX-License-Identifier: Apache-2.0

import HTTPTypes

/// Which headers go to a plugin, and which come back from it.
enum RouteHeaders {
    /// Headers of one connection (RFC 9110, 7.6.1), which say nothing beyond it.
    private static let hopByHop: Set = [
        "connection", "expect", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
    /// Headers that the edge has read already, and that a client could write itself.
    private static let resolved: Set = [
        "cookie", "forwarded", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    ]
    /// Headers of answers that are the edge's to set, because the web console lives at the same address.
    private static let edgeOnly: Set = [
        "alt-svc", "clear-site-data", "content-length", "content-security-policy",
        "content-security-policy-report-only", "cross-origin-embedder-policy", "cross-origin-opener-policy",
        "cross-origin-resource-policy", "date", "nel", "origin-agent-cluster", "permissions-policy", "referrer-policy",
        "refresh", "report-to", "reporting-endpoints", "server", "service-worker-allowed", "set-cookie",
        "strict-transport-security", "x-content-type-options", "x-frame-options",
    ]

    /// The headers of a request as a plugin gets them: names in lower case, with its own cookies only.
    static func forPlugin(_ fields: HTTPFields, host: String?, cookie: String?) -> [(name: String, value: String)] {
        let dropped = named(by: fields)
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(fields.count + 2)
        if let host { headers.append(("host", host)) }
        for field in fields {
            let name = field.name.canonicalName
            guard !hopByHop.contains(name), !resolved.contains(name), !dropped.contains(name) else { continue }
            headers.append((name, field.value))
        }
        if let cookie { headers.append(("cookie", cookie)) }
        return headers
    }

    /// The headers of a plugin's answer that go to the client.
    static func forClient(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for header in headers {
            let lower = header.name.lowercased()
            guard !hopByHop.contains(lower), !edgeOnly.contains(lower), !lower.hasPrefix("access-control-"),
                let name = HTTPField.Name(header.name), HTTPField.isValidValue(header.value)
            else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        return fields
    }

    /// The headers that `Connection` names as its own.
    private static func named(by fields: HTTPFields) -> Set<String> {
        guard let connection = fields.text(.connection), connection != "keep-alive", connection != "close" else {
            return []
        }
        return Set(connection.split(separator: ",").map { $0.trimmingWhitespace.lowercased() })
    }
}
