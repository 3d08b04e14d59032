// SPDX-License-Identifier: Apache-2.0

import Foundation
import Yams

extension ConfigurationReader {
    /// Reads the list of nodes, at most 64.
    mutating func nodes(_ field: Field) -> [NodeConfiguration] {
        var nodes: [NodeConfiguration] = []
        var names: Set<String> = []
        for element in elements(field, most: 64) {
            guard let node = node(element) else { continue }
            if !names.insert(node.name.lowercased()).inserted {
                fail(element, "a node named \"\(node.name)\" is declared already. Case does not count in names.")
            }
            nodes.append(node)
        }
        return nodes
    }

    private mutating func node(_ field: Field) -> NodeConfiguration? {
        let known = ["name", "uri", "sshKeyFile", "knownHostsFile", "tlsDirectory", "static"]
        let fields = fields(field, known: known)
        guard !fields.isEmpty else { return nil }
        guard let name = name(fields["name"], in: field) else { return nil }
        switch (fields["uri"], fields["static"]) {
        case (let uri?, nil):
            return connection(uri, fields).map { NodeConfiguration(name: name, kind: .libvirt($0)) }
        case (nil, let list?):
            for key in ["sshKeyFile", "knownHostsFile", "tlsDirectory"] {
                if let extra = fields[key] { fail(extra, "a static node has no connection. Remove the key.") }
            }
            return NodeConfiguration(name: name, kind: .static(machines(list, node: name)))
        case (nil, nil):
            fail(field, "a node needs either uri, such as qemu:///system, or static, a list of machines.")
        case (_?, let list?):
            fail(list, "a node has either uri or static, not both. Declare two nodes.")
        }
        return nil
    }

    /// A node's or plugin's name: 1 to 63 letters, digits, dots, underscores and hyphens.
    mutating func name(_ field: Field?, in owner: Field) -> String? {
        guard let field else {
            fail(owner, "the name is missing. Add the key name.")
            return nil
        }
        guard let name = text(field, most: 63) else { return nil }
        let isFit = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard isFit, name != ".", name != ".." else {
            fail(field, "\"\(name)\" is no name. Use 1 to 63 letters, digits, dots, underscores and hyphens.")
            return nil
        }
        return name
    }

    private mutating func connection(_ field: Field, _ fields: [String: Field]) -> LibvirtConnection? {
        guard let uri = text(field) else { return nil }
        guard let separator = uri.firstRange(of: "://"), isScheme(uri[..<separator.lowerBound]),
            !uri.contains(where: \.isWhitespace)
        else {
            fail(field, "\"\(uri)\" is no libvirt URI. Examples: qemu:///system, qemu+ssh://root@host/system.")
            return nil
        }
        let authority = uri[separator.upperBound...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") {
            fail(field, "a password does not belong into a URI. Use ssh keys or TLS certificates.")
            return nil
        }
        if isService, isSession(uri, authority: authority) {
            fail(
                field,
                "\"\(uri)\" starts its machines below the service, whose end would kill them. Use qemu:///system, "
                    + "or run gatehoused without --service.")
            return nil
        }
        var connection = LibvirtConnection(uri: uri)
        let parts = uri[..<separator.lowerBound].split(separator: "+", maxSplits: 1)
        let transport = parts.count == 2 ? String(parts[1]) : authority.isEmpty ? "unix" : "tls"
        for (key, value) in [
            ("sshKeyFile", \LibvirtConnection.sshKeyFile), ("knownHostsFile", \.knownHostsFile),
            ("tlsDirectory", \.tlsDirectory),
        ] {
            guard let field = fields[key], let path = path(field) else { continue }
            let needed = key == "tlsDirectory" ? ["tls"] : ["ssh", "libssh", "libssh2"]
            if !needed.contains(transport) {
                let example = "qemu+\(needed[0])://host/system"
                fail(field, "this only works with a URI that uses \(needed[0]), such as \(example).")
            }
            connection[keyPath: value] = path
        }
        return connection
    }

    /// Whether this is the libvirtd of a user's session on this host, which whoever asks for it starts as its child.
    ///
    /// One that is named by its socket was started by somebody else.
    private func isSession(_ uri: String, authority: Substring) -> Bool {
        let place = uri.lowercased().prefix { !"?#".contains($0) }
        return authority.isEmpty && place.hasPrefix("qemu") && place.hasSuffix("/session") && !uri.contains("socket=")
    }

    private func isScheme(_ text: Substring) -> Bool {
        (1...40).contains(text.utf8.count) && text.first?.isLetter == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)) }
    }

    private mutating func machines(_ field: Field, node: String) -> [StaticMachine] {
        var machines: [StaticMachine] = []
        var names: Set<String> = []
        var uuids: Set<UUID> = []
        for element in elements(field, most: 10_000) {
            guard let machine = machine(element, node: node) else { continue }
            if !names.insert(machine.name).inserted {
                fail(element, "this node has a machine named \"\(machine.name)\" already.")
            } else if !uuids.insert(machine.uuid).inserted {
                fail(element, "this node has a machine with that UUID already.")
            }
            machines.append(machine)
        }
        return machines
    }

    private mutating func machine(_ field: Field, node: String) -> StaticMachine? {
        let fields = fields(field, known: ["name", "uuid", "vnc", "passwordFile", "text"])
        guard !fields.isEmpty else { return nil }
        guard let nameField = fields["name"] else {
            fail(field, "the machine's name is missing. Add the key name.")
            return nil
        }
        guard let name = text(nameField, most: 255) else { return nil }
        var machine = StaticMachine(name: name, uuid: NamedUUID.machine(name, node: node))
        if let field = fields["uuid"], let text = text(field) {
            if text.utf8.count == 36, let uuid = UUID(uuidString: text) {
                machine.uuid = uuid
            } else {
                fail(field, "\"\(text)\" is no UUID. Write it as 8-4-4-4-12 hexadecimal digits or remove the key.")
            }
        }
        machine.vnc = fields["vnc"].flatMap { source($0) }
        machine.text = fields["text"].flatMap { source($0) }
        machine.passwordFile = fields["passwordFile"].flatMap { path($0) }
        if fields["vnc"] == nil, fields["text"] == nil {
            fail(field, "the machine has no console. Add vnc or text, such as vnc: 192.0.2.1:5900.")
        }
        if let field = fields["passwordFile"], fields["vnc"] == nil {
            fail(field, "the password is for vnc, and this machine has none. Remove the key.")
        }
        return machine
    }

    private mutating func source(_ field: Field) -> StaticSource? {
        guard let text = text(field) else { return nil }
        if text.hasPrefix("unix:") {
            let path = absolute(String(text.dropFirst(5)))
            guard path != "/", path.utf8.count <= 107 else {
                fail(field, "the path of a unix socket has 1 to 107 bytes.")
                return nil
            }
            return .unix(path: path)
        }
        guard let place = HostPort(text) else {
            fail(field, "\"\(text)\" is no place. Write host:port, [v6 address]:port or unix:/path.")
            return nil
        }
        return .tcp(host: place.host, port: place.port)
    }
}
