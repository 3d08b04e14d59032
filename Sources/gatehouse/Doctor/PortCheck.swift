// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix

/// Whether browsers can come in, or could.
struct PortCheck: Sendable {
    private let address: String
    private let port: Int
    private let isRunning: Bool

    init(_ configuration: DaemonConfiguration, isRunning: Bool) {
        address = configuration.address
        port = configuration.port
        self.isRunning = isRunning
    }

    func lines() async -> [DoctorLine] {
        let place = "\(address.contains(":") ? "[\(address)]" : address):\(port)"
        return [isRunning ? await answering(place) : await free(place)]
    }

    /// Where a wildcard is asked for, this host itself is asked.
    private var host: String {
        switch address {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: address
        }
    }

    private func answering(_ place: String) async -> DoctorLine {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5)).connect(host: host, port: port).get()
            try? await channel.close()
            return .ok("port", "\(place) takes connections.")
        } catch {
            return .wrong(
                "port", "The daemon runs, but \(place) takes no connection: \(error)",
                mend: "Look at its log for why it does not listen, and at the host's firewall.")
        }
    }

    private func free(_ place: String) async -> DoctorLine {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address, port: port).get()
            try? await channel.close()
            return .ok("port", "\(place) is free for the daemon.")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            if Self.isHeldBySystemd { return .ok("port", "systemd holds \(place) for the daemon.") }
            return .wrong(
                "port", "Another program listens on \(place).",
                mend: "Find it with `ss -ltnp 'sport = :\(port)'` and stop it, or set another listen.port.")
        } catch let error as IOError where error.errnoCode == EADDRNOTAVAIL {
            return .wrong(
                "port", "\(address) is no address of this host.",
                mend: "Set listen.address to one of this host's addresses, or to 0.0.0.0 for all.")
        } catch let error as IOError where error.errnoCode == EACCES {
            return .skipped("port", "Only root may try \(place).")
        } catch {
            return .wrong(
                "port", "\(place) can not be listened on: \(error)", mend: "Correct listen.address and listen.port.")
        }
    }

    private static var isHeldBySystemd: Bool {
        guard FileManager.default.fileExists(atPath: "/run/systemd/system") else { return false }
        let done = try? DaemonProgram.run("/usr/bin/systemctl", ["is-active", "--quiet", "gatehouse.socket"])
        return done?.status == 0
    }
}
