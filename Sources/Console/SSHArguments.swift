// SPDX-License-Identifier: Apache-2.0

import Model

/// The arguments of ssh for a tunnel, from values that are checked to be what they say and nothing else.
struct SSHArguments: Sendable, Equatable {
    /// In the order in which ssh gets them.
    let list: [String]

    /// Checks and builds.
    ///
    /// - Throws: `consoleUnreachable`, naming the value that can not be used.
    init(_ tunnel: SSHTunnel, connectTimeout seconds: Int64) throws(GatehouseError) {
        try Self.require(Self.isHost(tunnel.host), "ssh host", tunnel.host)
        try Self.require(Self.isHost(tunnel.targetHost), "target host", tunnel.targetHost)
        try Self.require(Self.isPort(tunnel.targetPort), "target port", "\(tunnel.targetPort)")
        var list = [
            "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=\(seconds)",
            "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3", "-o", "ClearAllForwardings=yes",
            "-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "PermitLocalCommand=no",
            "-o", "ControlMaster=no", "-o", "EscapeChar=none", "-o", "LogLevel=ERROR", "-T",
        ]
        if let port = tunnel.port {
            try Self.require(Self.isPort(port), "ssh port", "\(port)")
            list += ["-p", "\(port)"]
        }
        if let user = tunnel.user {
            try Self.require(Self.isUser(user), "ssh user", user)
            list += ["-l", user]
        }
        if let file = tunnel.identityFile {
            try Self.require(Self.isPath(file), "identity file", file)
            list += ["-i", file, "-o", "IdentitiesOnly=yes"]
        }
        if let file = tunnel.knownHostsFile {
            try Self.require(Self.isPath(file), "known hosts file", file)
            list += ["-o", "UserKnownHostsFile=\(file)"]
        }
        let target = tunnel.targetHost.contains(":") ? "[\(tunnel.targetHost)]" : tunnel.targetHost
        self.list = list + ["-W", "\(target):\(tunnel.targetPort)", "--", tunnel.host]
    }

    /// A host name or an address: letters, digits, `.`, `-`, `_` and, in an IPv6 address, `:`.
    static func isHost(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...253).contains(bytes.count), let first = bytes.first else { return false }
        let isAddress = text.contains(":")
        guard isAddress || isLetterOrDigit(first) else { return false }
        return bytes.allSatisfy { byte in
            isAddress
                ? isHexDigit(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
                : isLetterOrDigit(byte) || ".-_".utf8.contains(byte)
        }
    }

    private static func isUser(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), let first = text.utf8.first else { return false }
        return (isLetterOrDigit(first) || first == UInt8(ascii: "_"))
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "._-@".utf8.contains($0) }
    }

    /// An absolute path without a character that ssh's configuration gives a meaning.
    private static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.count <= 1024
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "/._-+@".utf8.contains($0) }
    }

    private static func isPort(_ number: Int) -> Bool { (1...65_535).contains(number) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func require(_ holds: Bool, _ name: String, _ value: String) throws(GatehouseError) {
        guard !holds else { return }
        let shown = ConsoleText.printable(value.utf8)
        throw GatehouseError(
            .consoleUnreachable, "The \(name) \"\(shown)\" of the console can not be used; check the node's entry.")
    }
}
