// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import Model

extension Configuration {
    /// The whole configuration as a file that reads back the same, with a comment on every key.
    func printed() -> String {
        let lines = [listenLines, placeLines, firstUserLines, nodeLines, pluginLines, limitLines].joined()
        return lines.joined(separator: "\n") + "\n"
    }

    private var listenLines: [String] {
        var lines = [
            "# Configuration of Gatehouse. Every key may be left out; then its default holds.",
            "# Relative paths start at the directory of this file.",
            "",
            "# Where browsers come in: an address of this host (0.0.0.0 or :: for all) and a TCP port.",
            "listen:",
            "  address: \(listen.address.quoted)",
            "  port: \(listen.port)",
            "  # selfSigned: Gatehouse makes a certificate and renews it.",
            "  # off: no TLS; only with a loopback address, behind a proxy that does it.",
            "  # Or {certificate: FILE, key: FILE}: PEM files, read again when they change.",
        ]
        switch listen.tls {
        case .selfSigned: lines.append("  tls: selfSigned")
        case .off: lines.append("  tls: off")
        case .files(let certificate, let key):
            lines += ["  tls:", "    certificate: \(certificate.quoted)", "    key: \(key.quoted)"]
        }
        return lines
    }

    private var placeLines: [String] {
        [
            "",
            "# The origins that browsers use, such as https://gatehouse.example.org, where they differ from the",
            "# address above.",
            "publicOrigins: \(publicOrigins.map(\.description.quoted).bracketed)",
            "",
            "# Addresses or ranges of proxies whose word on the client's address counts.",
            "trustedProxies: \(trustedProxies.map(\.description.quoted).bracketed)",
            "",
            "# Where the database and the certificate live.",
            "dataDirectory: \(dataDirectory.quoted)",
            "# Where sockets live.",
            "runDirectory: \(runDirectory.quoted)",
            "# Where the pages are.",
            "webDirectory: \(webDirectory.quoted)",
        ]
    }

    private var firstUserLines: [String] {
        let lead = [
            "",
            "# The superuser that is made at start while there is no user; the first line of the file is the password.",
            "# Without this key the first one is made with `gatehouse setup-link`.",
        ]
        guard let firstUser else { return lead + ["# firstUser: {name: admin, passwordFile: FILE}"] }
        return lead + [
            "firstUser:", "  name: \(firstUser.name.quoted)", "  passwordFile: \(firstUser.passwordFile.quoted)",
        ]
    }

    private var nodeLines: [String] {
        let lead = [
            "",
            "# The nodes, at most 64. A libvirt host has a uri, and where it is needed sshKeyFile, knownHostsFile",
            "# (for +ssh) or tlsDirectory (for +tls). A list of machines that are only consoles has static, with",
            "# name, vnc and text (host:port, [v6]:port or unix:/path), passwordFile and uuid for each.",
        ]
        return lead + ["nodes:" + (nodes.isEmpty ? " []" : "")] + nodes.flatMap(\.lines)
    }

    private var limitLines: [String] {
        let allow =
            switch metrics {
            case .loopback: "loopback"
            case .authenticated: "authenticated"
            case .anyone: "anyone"
            case .ranges(let ranges): ranges.map(\.description.quoted).bracketed
            }
        return [
            "",
            "# Ports that consoles may have of their own, such as 9000-9100, for clients that know no tickets. Nothing on",
            "# them is encrypted.",
            consolePorts.map { "consolePorts: \($0)" } ?? "# consolePorts: 9000-9100",
            "",
            "# Who may read the metrics: loopback, authenticated, anyone, or a list of addresses and ranges.",
            "metrics:",
            "  allow: \(allow)",
            "",
            "# What holds abuse and accidents in bounds.",
            "limits:",
        ]
            + Limits.entries.flatMap { entry in
                [
                    "  # \(entry.meaning) (\(entry.range.lowerBound) to \(entry.range.upperBound))",
                    "  \(entry.key): \(limits[keyPath: entry.value])",
                ]
            }
            + [
                "",
                "# The least severe messages that are logged: trace, debug, info, notice, warning, error, critical.",
                "logLevel: \(logLevel.rawValue)",
            ]
    }
}

extension NodeConfiguration {
    /// The node as an element of the list.
    fileprivate var lines: [String] {
        let head = ["  - name: \(name.quoted)"]
        switch kind {
        case .libvirt(let connection):
            let rest = [
                ("uri", connection.uri), ("sshKeyFile", connection.sshKeyFile),
                ("knownHostsFile", connection.knownHostsFile), ("tlsDirectory", connection.tlsDirectory),
            ]
            return head + rest.compactMap { key, value in value.map { "    \(key): \($0.quoted)" } }
        case .static(let machines):
            return head + ["    static:" + (machines.isEmpty ? " []" : "")] + machines.flatMap(\.lines)
        }
    }
}

extension StaticMachine {
    /// The machine as an element of the list.
    fileprivate var lines: [String] {
        let rest = [
            ("uuid", uuid.uuidString.lowercased()), ("vnc", vnc?.description), ("passwordFile", passwordFile),
            ("text", text?.description),
        ]
        return ["      - name: \(name.quoted)"]
            + rest.compactMap { key, value in value.map { "        \(key): \($0.quoted)" } }
    }
}

extension JSONValue {
    /// The value on one line of YAML, members sorted.
    var flow: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .string(let value): value.quoted
        case .array(let values): values.map(\.flow).bracketed
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.quoted): \($1.flow)" }.joined(separator: ", ") + "}"
        }
    }
}

extension [String] {
    /// The texts as a list on one line.
    var bracketed: String { "[" + joined(separator: ", ") + "]" }
}

extension String {
    /// The text in double quotes, the way YAML reads it back.
    var quoted: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
