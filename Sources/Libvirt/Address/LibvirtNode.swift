// SPDX-License-Identifier: Apache-2.0

import Model

/// A node as the configuration declares it: its address and the files with its credentials.
package struct LibvirtNode: Sendable, Equatable {
    /// Where it is.
    package var uri: LibvirtURI
    /// The private key for `qemu+ssh`; nil for ssh's own.
    package var sshKeyFile: String?
    /// The known hosts for `qemu+ssh`; nil for ssh's own.
    package var knownHostsFile: String?
    /// For `qemu+tls`: a directory with cacert.pem, clientcert.pem and clientkey.pem; nil for
    /// libvirt's own places.
    package var tlsDirectory: String?

    /// Declares a node.
    ///
    /// - Throws: `invalidParameters` for a path that is not absolute or not plain.
    package init(
        uri: LibvirtURI, sshKeyFile: String? = nil, knownHostsFile: String? = nil, tlsDirectory: String? = nil
    ) throws {
        for (name, path) in [
            ("sshKeyFile", sshKeyFile), ("knownHostsFile", knownHostsFile), ("tlsDirectory", tlsDirectory),
        ] {
            guard let path, !LibvirtURIParser.isPlainPath(path) else { continue }
            throw GatehouseError.invalidParameter(
                name, "\(name) must be an absolute path of letters, digits and . _ - @ + , only.")
        }
        self.uri = uri
        self.sshKeyFile = sshKeyFile
        self.knownHostsFile = knownHostsFile
        self.tlsDirectory = tlsDirectory
    }

    /// Whether it is the host that Gatehouse itself runs on, and a real one.
    var isThisHost: Bool { uri.driver != .test && !uri.isRemote }

    /// What libvirt is given to open.
    ///
    /// With a file of known hosts libvirt's libssh transport is taken instead of the ssh program,
    /// because only that one can be told of the file; an unknown or changed host key is refused.
    package var connectionURI: String {
        switch uri.transport {
        case .local, .unix: uri.description
        case .ssh(let endpoint): sshURI(endpoint)
        case .tls(let endpoint):
            "qemu+tls://\(Self.authority(endpoint))\(uri.path)" + (tlsDirectory.map { "?pkipath=\($0)" } ?? "")
        }
    }

    private func sshURI(_ endpoint: LibvirtURI.Endpoint) -> String {
        var parameters: [String] = []
        if let sshKeyFile { parameters.append("keyfile=\(sshKeyFile)") }
        var scheme = "qemu+ssh"
        if let knownHostsFile {
            scheme = "qemu+libssh"
            parameters += ["known_hosts=\(knownHostsFile)", "known_hosts_verify=normal"]
            parameters.append(sshKeyFile == nil ? "sshauth=agent,privkey" : "sshauth=privkey")
        } else {
            parameters.append("no_tty=1")
        }
        return "\(scheme)://\(Self.authority(endpoint))\(uri.path)?\(parameters.joined(separator: "&"))"
    }

    private static func authority(_ endpoint: LibvirtURI.Endpoint) -> String {
        let host = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
        return (endpoint.user.map { "\($0)@" } ?? "") + host + (endpoint.port.map { ":\($0)" } ?? "")
    }
}
