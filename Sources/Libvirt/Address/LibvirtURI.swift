// SPDX-License-Identifier: Apache-2.0

import Model

/// The address of a libvirt node, out of a short list of forms.
///
/// libvirt itself takes much more, and some of it runs programs of the writer's choice (`command=`,
/// `netcat=`, the `ext` transport) or switches checks off (`no_verify=`). So what is not listed here
/// is refused:
///
/// - `test:///default`, `test:///absolute/file.xml`
/// - `qemu:///system`, `qemu:///session`, `lxc:///`
/// - `qemu+unix:///system?socket=/path` and the same with `session`
/// - `qemu+ssh://[user@]host[:port]/system`
/// - `qemu+tls://host[:port]/system`
package struct LibvirtURI: Sendable, Equatable, CustomStringConvertible {
    /// What stands behind the connection.
    package enum Driver: String, Sendable {
        case test
        case qemu
        case lxc
    }

    /// How the node is reached.
    package enum Transport: Sendable, Equatable {
        /// In this process or over the local daemon's socket.
        case local
        /// Over a daemon's socket at a path.
        case unix(socket: String)
        /// Over ssh.
        case ssh(Endpoint)
        /// Over TLS with certificates on both sides.
        case tls(Endpoint)
    }

    /// A host, as an address names it.
    package struct Endpoint: Sendable, Equatable {
        /// The user to log in as.
        package var user: String?
        /// A name or an address; IPv6 without brackets.
        package var host: String
        /// The port; nil for the transport's own.
        package var port: Int?
    }

    /// What stands behind the connection.
    package let driver: Driver
    /// How the node is reached.
    package let transport: Transport
    /// `/system`, `/session`, `/default`, the path of a file, or `/`.
    package let path: String
    /// The address as it was written; it holds no secret.
    package let description: String

    /// Reads an address.
    ///
    /// - Throws: `invalidParameters` that names what is at fault.
    package init(_ text: String) throws {
        var parser = try LibvirtURIParser(text)
        (driver, transport, path) = try parser.parse()
        description = text
    }

    /// Whether another host is reached through it.
    package var isRemote: Bool {
        switch transport {
        case .ssh, .tls: true
        case .local, .unix: false
        }
    }

    /// Whether a descriptor can be handed over through it.
    package var passesDescriptors: Bool { driver == .qemu && !isRemote }
}
