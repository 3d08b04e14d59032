// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where a console's bytes come from.
package enum ConsoleSource: Sendable {
    /// An open, connected stream socket; whoever takes it closes it.
    case descriptor(ConsoleDescriptor, credential: ConsoleCredential?)
    /// A TCP listener.
    case tcp(host: String, port: Int, credential: ConsoleCredential?)
    /// A unix socket.
    case unix(path: String, credential: ConsoleCredential?)
    /// A listener on another host, reached through `ssh -W`.
    case ssh(SSHTunnel, credential: ConsoleCredential?)
}

/// A secret that a console source asks for; its description never shows it.
package struct ConsoleCredential: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The VNC password; servers look at its first 8 bytes only (RFC 6143, 7.2.2).
    package let password: String

    /// Wraps a password.
    package init(password: String) { self.password = password }

    /// A fixed text.
    package var description: String { "<credential>" }
    /// A fixed text.
    package var debugDescription: String { description }
}

/// How to reach a listener on another host with ssh.
package struct SSHTunnel: Sendable, Equatable {
    /// The host that ssh logs in to.
    package var host: String
    /// Its ssh port; nil for ssh's own default.
    package var port: Int?
    /// The user there; nil for ssh's own default.
    package var user: String?
    /// A file with the private key; nil for ssh's own.
    package var identityFile: String?
    /// A file with the known hosts; nil for ssh's own.
    package var knownHostsFile: String?
    /// The address to connect to from there.
    package var targetHost: String
    /// The port to connect to from there.
    package var targetPort: Int

    /// Describes a tunnel.
    package init(
        host: String, port: Int?, user: String?, identityFile: String?, knownHostsFile: String?,
        targetHost: String, targetPort: Int
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.identityFile = identityFile
        self.knownHostsFile = knownHostsFile
        self.targetHost = targetHost
        self.targetPort = targetPort
    }
}

/// A file descriptor with one owner: closed when dropped, unless it was taken.
package final class ConsoleDescriptor: Sendable {
    private let descriptor: Mutex<Int32?>
    private let close: @Sendable (Int32) -> Void

    /// Takes ownership of a descriptor; `close` is called once, unless `take` was called before.
    package init(_ descriptor: Int32, close: @escaping @Sendable (Int32) -> Void) {
        self.descriptor = Mutex(descriptor)
        self.close = close
    }

    deinit {
        if let open = take() { close(open) }
    }

    /// Hands the descriptor and its ownership over; nil the second time.
    package func take() -> Int32? {
        descriptor.withLock { held in
            defer { held = nil }
            return held
        }
    }
}
