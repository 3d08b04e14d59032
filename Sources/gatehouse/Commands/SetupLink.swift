// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model

/// The command `gatehouse setup-link`.
struct SetupLink: DaemonCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a link with which the first superuser is made.",
        discussion: "Whoever has the link can use it, once; a new link ends the one before.")

    @OptionGroup var daemonOptions: DaemonOptions

    @Option(help: ArgumentHelp("How browsers reach Gatehouse, such as https://gate.example.org.", valueName: "url"))
    var origin: String?

    func ask(_ daemon: Daemon) async throws -> Finding {
        let result = try await daemon.call("setup.makeToken")
        guard let token = result["token"]?.stringValue else {
            throw Failure(.failed, "The daemon gave no token.")
        }
        guard let origin = origin ?? result["origin"]?.stringValue else {
            throw Failure(.usage, "The daemon does not know how browsers reach it; say so with --origin URL.")
        }
        return Finding(
            result: result,
            text: """
                \(Self.link(origin: origin, token: token))
                valid until \(Cell.time(result["expiresAt"]))

                """)
    }

    /// The link; the token is in the fragment, which browsers send to nobody.
    static func link(origin: String, token: String) -> String {
        var origin = HarmlessText.line(origin)
        while origin.hasSuffix("/") { origin.removeLast() }
        return "\(origin)/setup#token=\(HarmlessText.line(token))"
    }
}
