// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import FoundationEssentials
import Glibc
package import Model

extension LibvirtHypervisor {
    /// Opens a source for a console.
    ///
    /// - Throws: `consoleUnreachable` with the reason; `conflict` where another program holds a text
    ///   console and `force` is false; `unsupported` where the hypervisor streams none.
    package func openConsole(_ type: ConsoleType, on uuid: UUID, force: Bool) async throws -> ConsoleSource {
        try await calling(type == .vnc ? "open the machine's screen" : "open the machine's text console") { session in
            switch type {
            case .vnc: try await self.openVNC(session, uuid)
            case .text: try await self.openText(session, uuid, force: force)
            }
        }
    }

    // MARK: VNC

    private func openVNC(_ session: NodeSession, _ uuid: UUID) async throws -> ConsoleSource {
        let uri = node.uri
        let (vnc, descriptor) = try await session.read { connection in
            let domain = try connection.domain(uuid)
            let description = try Self.described(domain, withSecrets: !uri.passesDescriptors)
            guard let vnc = description.vnc else {
                throw Self.unreachable("The machine has no VNC screen. Add <graphics type='vnc'/> to it.")
            }
            guard uri.passesDescriptors else { return (vnc, ConsoleDescriptor?.none) }
            do {
                return (vnc, Self.owned(try domain.openGraphics(index: vnc.index)))
            } catch let error as LibvirtError where error.isUnsupported {
                return (try Self.described(domain, withSecrets: true).vnc ?? vnc, nil)
            }
        }
        if let descriptor { return .descriptor(descriptor, credential: nil) }
        return try VNCListener(vnc: vnc, node: node).source()
    }

    /// A live description of a running domain.
    private static func described(
        _ domain: borrowing Domain, withSecrets: Bool
    ) throws -> DomainDescription {
        let state = DomainReading.state(try domain.activity(), hasSavedImage: false)
        guard state.isActive else {
            throw unreachable("The machine is not running. Start it to open its console.")
        }
        return try DomainDescription(xml: try domain.xml(withSecrets: withSecrets))
    }

    private static func unreachable(_ message: String) -> GatehouseError {
        GatehouseError(.consoleUnreachable, message)
    }

    private static func owned(_ descriptor: Int32) -> ConsoleDescriptor {
        ConsoleDescriptor(descriptor) { _ = Glibc.close($0) }
    }

    // MARK: Text

    private func openText(_ session: NodeSession, _ uuid: UUID, force: Bool) async throws -> ConsoleSource {
        try await session.read { connection in
            try Self.requireTextConsole(try Self.described(connection.domain(uuid), withSecrets: false))
        }
        let obstacle = await session.pumps.settle(uuid, force: force, within: force ? .seconds(1) : .seconds(3))
        if case .held = obstacle, !force { throw Self.held(by: "Somebody else in Gatehouse") }
        guard let lease = EventLoop.shared.lease() else { throw CallFailure.noThread }
        // What the node has not taken back from us yet is ours to take over.
        let isForced = if case .none = obstacle { force } else { true }
        let link = try await openLink(session, uuid, force: isForced)
        let (near, far) = try Self.socketPair()
        let pump = ConsolePump(link: link, socket: near, lease: lease)
        session.pumps.add(pump, for: uuid)
        pump.begin()
        if session.signals.lossReason != nil { pump.end() }
        return .descriptor(Self.owned(far), credential: nil)
    }

    private func openLink(_ session: NodeSession, _ uuid: UUID, force: Bool) async throws -> ConsoleLink {
        let flags = Self.consoleFlags(node.uri.driver, force: force)
        let uri = node.connectionURI
        do {
            return try await session.change { _ in try ConsoleLink(uri: uri, uuid: uuid, flags: flags) }
        } catch let error as LibvirtError where error.number == VIR_ERR_OPERATION_FAILED.rawValue {
            throw Self.held(
                by: "Another program on the node, such as virsh console,", cause: error.description)
        }
    }

    private static func held(by holder: String, cause: String? = nil) -> GatehouseError {
        GatehouseError(
            .conflict, "\(holder) holds the machine's text console. Take over to disconnect it.", cause: cause)
    }

    private static func consoleFlags(_ driver: LibvirtURI.Driver, force: Bool) -> UInt32 {
        guard driver == .qemu else { return 0 }
        return VIR_DOMAIN_CONSOLE_SAFE.rawValue | (force ? VIR_DOMAIN_CONSOLE_FORCE.rawValue : 0)
    }

    private static func requireTextConsole(_ description: DomainDescription) throws {
        switch description.textConsole {
        case nil:
            throw unreachable("The machine has no text console. Add <serial type='pty'/> to it.")
        case "pty", "unix": return
        case .some(let type):
            throw unreachable("The machine's text console is of type \(type); only pty and unix can be opened.")
        }
    }

    /// Two connected sockets that do not block and are closed on exec.
    private static func socketPair() throws(LibvirtError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw LibvirtError(number: VIR_ERR_SYSTEM_ERROR.rawValue, message: "no socket is left")
        }
        return (ends[0], ends[1])
    }
}
