// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Libvirt

@Suite struct VNCListenerTests {
    private func source(
        _ uri: String, port: Int? = 5901, address: String? = nil, socket: String? = nil, password: String? = nil
    ) throws -> ConsoleSource {
        let vnc = DomainDescription.VNC(index: 0, port: port, address: address, socket: socket, password: password)
        let node = try LibvirtNode(uri: try LibvirtURI(uri), sshKeyFile: "/k/id", knownHostsFile: "/k/known")
        return try VNCListener(vnc: vnc, node: node).source()
    }

    private func expectUnreachable(_ make: () throws -> ConsoleSource) {
        #expect {
            _ = try make()
        } throws: { ($0 as? GatehouseError)?.code == .consoleUnreachable }
    }

    @Test(arguments: [
        (nil, "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1"),
    ])
    func `a local node's listener is reached where it listens`(_ address: String?, _ host: String) throws {
        guard case .tcp(let to, 5901, let credential) = try source("test:///default", address: address, password: "p")
        else {
            Issue.record("not TCP")
            return
        }
        #expect(to == host && credential?.password == "p")
        guard case .unix("/run/s", nil) = try source("lxc:///", port: nil, socket: "/run/s") else {
            Issue.record("not a unix socket")
            return
        }
    }

    @Test func `a listener behind ssh is reached through a tunnel with the node's own files`() throws {
        guard case .ssh(let tunnel, _) = try source("qemu+ssh://root@h:2222/system", address: "0.0.0.0") else {
            Issue.record("no tunnel")
            return
        }
        let expected = SSHTunnel(
            host: "h", port: 2222, user: "root", identityFile: "/k/id", knownHostsFile: "/k/known",
            targetHost: "127.0.0.1", targetPort: 5901)
        #expect(tunnel == expected)
        expectUnreachable { try source("qemu+ssh://h/system", port: nil, socket: "/run/s") }
        expectUnreachable { try source("qemu+ssh://h/system", port: nil) }
    }

    @Test func `a listener behind TLS has to listen on an address that is reached`() throws {
        guard case .tcp("h", 5901, nil) = try source("qemu+tls://h/system", address: "0.0.0.0") else {
            Issue.record("not the node's host")
            return
        }
        guard case .tcp("10.0.0.7", 5901, nil) = try source("qemu+tls://h/system", address: "10.0.0.7") else {
            Issue.record("not the listener's address")
            return
        }
        expectUnreachable { try source("qemu+tls://h/system", address: "127.0.0.1") }
    }
}
