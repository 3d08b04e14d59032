// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import PluginHost

/// What the administrator decides before the start: the content of the configuration file, with defaults.
///
/// Every path in it is absolute once it was read from a file.
struct Configuration: Sendable, Equatable {
    /// Where browsers come in.
    var listen = Listen()
    /// The origins that browsers use, where they differ from the address Gatehouse listens on.
    var publicOrigins: [WebOrigin] = []
    /// Proxies whose word on the client's address counts.
    var trustedProxies: [AddressRange] = []
    /// Where the database and the certificate live.
    var dataDirectory = "/var/lib/gatehouse"
    /// Where sockets and other things live that do not outlast a restart.
    var runDirectory = "/run/gatehouse"
    /// Where the pages are.
    var webDirectory = "/usr/share/gatehouse/www"
    /// The superuser that is made while there is no user at all; nil for one made by the set-up link.
    var firstUser: FirstUser?
    /// The nodes, in the order in which they are shown.
    var nodes = [NodeConfiguration(name: "test", kind: .libvirt(LibvirtConnection(uri: "test:///default")))]
    /// The plugin table.
    var plugins = PluginTable()
    /// The ports that consoles may have of their own, for clients that know no tickets; nil for none.
    var consolePorts: PortRange?
    /// Who may read the metrics.
    var metrics = MetricsAccess.loopback
    /// What holds abuse and accidents in bounds.
    var limits = Limits()
    /// The least severe messages that are logged.
    var logLevel = Logger.Level.info

    /// What holds without a file.
    static let `default` = Configuration()
}

/// Where browsers come in.
struct Listen: Sendable, Equatable {
    /// An address of this host, or `0.0.0.0` or `::` for all of them.
    var address = "0.0.0.0"
    /// The TCP port.
    var port = 8443
    /// How the connection is kept private.
    var tls = TLSChoice.selfSigned
}

/// How the connection to browsers is kept private.
enum TLSChoice: Sendable, Equatable {
    /// With a certificate that Gatehouse makes and renews.
    case selfSigned
    /// Not at all; only on a loopback address.
    case off
    /// With files that somebody else renews.
    case files(certificate: String, key: String)
}

/// The superuser that is made while there is no user at all.
struct FirstUser: Sendable, Equatable {
    /// The name to log in with.
    var name: String
    /// A file whose first line is the password.
    var passwordFile: String
}

/// Who may read the metrics.
enum MetricsAccess: Sendable, Equatable {
    /// Programs on this host.
    case loopback
    /// Users that have logged in.
    case authenticated
    /// Everybody.
    case anyone
    /// Clients with one of these addresses.
    case ranges([AddressRange])
}

/// A node as it is declared.
struct NodeConfiguration: Sendable, Equatable {
    /// Its name: 1 to 63 letters, digits, dots, underscores and hyphens.
    var name: String
    /// What it is.
    var kind: Kind

    /// The two kinds of node.
    enum Kind: Sendable, Equatable {
        /// A libvirt host.
        case libvirt(LibvirtConnection)
        /// A list of machines that are only consoles.
        case `static`([StaticMachine])
    }
}

/// How to reach a libvirt host.
struct LibvirtConnection: Sendable, Equatable {
    /// The connection's URI, such as `qemu+ssh://root@host/system`.
    var uri: String
    /// The private key for ssh; nil for ssh's own choice.
    var sshKeyFile: String?
    /// The known hosts for ssh; nil for ssh's own file.
    var knownHostsFile: String?
    /// A directory with `cacert.pem`, `clientcert.pem` and `clientkey.pem`; nil for libvirt's own places.
    var tlsDirectory: String?
}

/// A machine that is only consoles.
struct StaticMachine: Sendable, Equatable {
    /// Its name; unique on its node.
    var name: String
    /// Its UUID, as given or made from the names.
    var uuid: UUID
    /// Its VNC server.
    var vnc: StaticSource?
    /// A file with the password of its VNC server; the first line counts.
    var passwordFile: String?
    /// Its serial line.
    var text: StaticSource?
}

/// A listener that a console connects to.
enum StaticSource: Sendable, Equatable {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// How it is written: `host:port`, `[v6]:port` or `unix:/path`.
    var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

/// The plugin table: where plugins are looked for and which of them run.
struct PluginTable: Sendable, Equatable {
    /// Where packages and administrators put plugins; a folder that is not there is passed over.
    static let standardSearch = ["/usr/lib/gatehouse/plugins", "/usr/local/lib/gatehouse/plugins"]

    /// Directories that hold plugins.
    var search = standardSearch
    /// The plugins, in order.
    var rows: [PluginRow] = []
}
