// SPDX-License-Identifier: Apache-2.0

import Model

/// The way to a machine's own VNC listener, where libvirt can not hand out a socket.
struct VNCListener {
    /// What the machine's description says of its screen.
    let vnc: DomainDescription.VNC
    /// The node it runs on.
    let node: LibvirtNode

    /// The source, with the machine's password.
    ///
    /// - Throws: `consoleUnreachable` where no way leads there.
    func source() throws -> ConsoleSource {
        let credential = vnc.password.map { ConsoleCredential(password: $0) }
        switch node.uri.transport {
        case .local, .unix:
            if let socket = vnc.socket { return .unix(path: socket, credential: credential) }
            return .tcp(host: Self.reachable(vnc.address), port: try port(), credential: credential)
        case .ssh(let endpoint):
            let tunnel = SSHTunnel(
                host: endpoint.host, port: endpoint.port, user: endpoint.user,
                identityFile: node.sshKeyFile, knownHostsFile: node.knownHostsFile,
                targetHost: Self.reachable(vnc.address), targetPort: try port())
            return .ssh(tunnel, credential: credential)
        case .tls(let endpoint):
            return .tcp(host: try remoteHost(endpoint), port: try port(), credential: credential)
        }
    }

    private func port() throws -> Int {
        if let port = vnc.port { return port }
        let way = vnc.socket == nil ? "does not listen" : "listens on a unix socket only"
        throw GatehouseError(
            .consoleUnreachable,
            "The machine's screen \(way), and its node can not hand it out. Give it a TCP listener on the node.")
    }

    private func remoteHost(_ endpoint: LibvirtURI.Endpoint) throws -> String {
        guard let address = vnc.address, !Self.isAny(address) else { return endpoint.host }
        guard !Self.isLoopback(address) else {
            throw GatehouseError(
                .consoleUnreachable,
                "The machine's screen listens on the node's own loopback address only. "
                    + "Reach the node by qemu+ssh, or let the screen listen on an address that Gatehouse reaches.")
        }
        return address
    }

    /// The address to connect to from the node itself.
    private static func reachable(_ address: String?) -> String {
        guard let address, !isAny(address) else { return address == "::" ? "::1" : "127.0.0.1" }
        return address
    }

    private static func isAny(_ address: String) -> Bool { address == "0.0.0.0" || address == "::" }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") || address == "::1" || address == "localhost"
    }
}
