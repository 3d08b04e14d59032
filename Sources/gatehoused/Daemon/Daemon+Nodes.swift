// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Libvirt
import Model

extension Daemon {
    /// The nodes of the configuration, each with its connection.
    func nodeDeclarations() throws -> [NodeDeclaration] {
        try configuration.nodes.map { node in
            switch node.kind {
            case .libvirt(let connection):
                let uri = try LibvirtURI(connection.uri)
                let target = try LibvirtNode(
                    uri: uri, sshKeyFile: connection.sshKeyFile, knownHostsFile: connection.knownHostsFile,
                    tlsDirectory: connection.tlsDirectory)
                return NodeDeclaration(
                    name: node.name, kind: .libvirt, uri: connection.uri,
                    hypervisor: LibvirtHypervisor(target, logger: logger))
            case .static(let machines):
                return NodeDeclaration(
                    name: node.name, kind: .static, uri: nil,
                    hypervisor: StaticHypervisor(name: node.name, machines: machines.map(Self.machine)))
            }
        }
    }

    private static func machine(_ machine: StaticMachine) -> Core.StaticMachine {
        var credential: (@Sendable () throws -> ConsoleCredential)?
        if let path = machine.passwordFile { credential = { try Self.credential(path) } }
        return Core.StaticMachine(
            uuid: machine.uuid, name: machine.name, vnc: machine.vnc.map(endpoint), credential: credential,
            text: machine.text.map(endpoint))
    }

    private static func endpoint(_ source: StaticSource) -> Core.StaticMachine.Endpoint {
        switch source {
        case .tcp(let host, let port): .tcp(host: host, port: port)
        case .unix(let path): .unix(path: path)
        }
    }

    /// Reads the first line of a password file; read anew each time, so that a change counts at once.
    private static func credential(_ path: String) throws -> ConsoleCredential {
        guard let content = FileManager.default.contents(atPath: path), content.count <= 4096,
            let text = String(validating: content, as: UTF8.self)
        else {
            throw GatehouseError(
                .consoleUnreachable,
                "The password file \(path) can not be read; check that it is readable for Gatehouse.")
        }
        return ConsoleCredential(password: text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
    }
}
