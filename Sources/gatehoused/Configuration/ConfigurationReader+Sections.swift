// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Yams

extension ConfigurationReader {
    /// Reads the whole file.
    mutating func configuration(_ top: Field) -> Configuration {
        var result = Configuration.default
        let fields = fields(
            top,
            known: [
                "listen", "publicOrigins", "trustedProxies", "dataDirectory", "runDirectory", "webDirectory",
                "firstUser", "nodes", "plugins", "consolePorts", "metrics", "limits", "logLevel",
            ])
        if let field = fields["listen"] { result.listen = listen(field) }
        if let field = fields["publicOrigins"] { result.publicOrigins = origins(field) }
        if let field = fields["trustedProxies"] { result.trustedProxies = ranges(field) }
        if let path = fields["dataDirectory"].flatMap({ path($0) }) { result.dataDirectory = path }
        if let path = fields["runDirectory"].flatMap({ path($0) }) { result.runDirectory = path }
        if let path = fields["webDirectory"].flatMap({ path($0) }) { result.webDirectory = path }
        if let field = fields["firstUser"] { result.firstUser = firstUser(field) }
        if let field = fields["nodes"] { result.nodes = nodes(field) }
        if let field = fields["plugins"] { result.plugins = plugins(field, listen: result.listen) }
        if let field = fields["consolePorts"], let text = text(field, most: 11) {
            result.consolePorts = PortRange(text)
            if result.consolePorts == nil {
                fail(
                    field,
                    "\"\(text)\" is no range of ports. Write two ports from 1024 to 65535, such as 9000-9100, at most "
                        + "\(PortRange.most) in all.")
            }
        }
        if let field = fields["metrics"] { result.metrics = metrics(field) }
        if let field = fields["limits"] { result.limits = limits(field) }
        if let field = fields["logLevel"], let word = choice(field, of: Logger.Level.allCases.map(\.rawValue)) {
            result.logLevel = Logger.Level(rawValue: word) ?? .info
        }
        return result
    }

    private mutating func listen(_ field: Field) -> Listen {
        var listen = Listen()
        let fields = fields(field, known: ["address", "port", "tls"])
        if let field = fields["address"], let address = text(field, most: 253) {
            if IPAddress(address) == nil, !HostPort.isHostName(address) {
                fail(field, "\"\(address)\" is neither an address nor a host name. Examples: 0.0.0.0, ::1, localhost.")
            }
            listen.address = address
        }
        if let port = fields["port"].flatMap({ integer($0, in: 1...65_535) }) { listen.port = port }
        guard let field = fields["tls"] else { return listen }
        listen.tls = tls(field)
        if listen.tls == .off, !listen.isLoopback {
            fail(
                field,
                "\"off\" needs a loopback address (127.0.0.1, ::1 or localhost), because passwords and consoles "
                    + "would cross the network unprotected. Set listen.address to 127.0.0.1 behind a proxy that "
                    + "does TLS, or use selfSigned.")
        }
        return listen
    }

    private mutating func firstUser(_ field: Field) -> FirstUser? {
        let fields = fields(field, known: ["name", "passwordFile"])
        guard let file = fields["passwordFile"] else {
            if !fields.isEmpty { fail(field, "passwordFile is missing. Name a file whose first line is the password.") }
            return nil
        }
        let name = fields["name"].map { text($0, most: 64) } ?? "admin"
        guard let name, let path = path(file) else { return nil }
        return FirstUser(name: name, passwordFile: path)
    }

    private mutating func tls(_ field: Field) -> TLSChoice {
        guard case .mapping = field.node else {
            return switch choice(field, of: ["selfSigned", "off"]) {
            case "off": .off
            default: .selfSigned
            }
        }
        let fields = fields(field, known: ["certificate", "key"])
        guard let certificate = fields["certificate"], let key = fields["key"] else {
            fail(field, "certificate and key belong together. Name the PEM file of each.")
            return .selfSigned
        }
        guard let certificate = path(certificate), let key = path(key) else { return .selfSigned }
        return .files(certificate: certificate, key: key)
    }

    private mutating func origins(_ field: Field) -> [WebOrigin] {
        var origins: [WebOrigin] = []
        for element in elements(field, most: 64) {
            guard let text = text(element) else { continue }
            if let origin = WebOrigin(text) {
                origins.append(origin)
            } else {
                fail(
                    element,
                    "\"\(text)\" is not an origin. Write https://host or https://host:port without a path; http only "
                        + "works with localhost.")
            }
        }
        return origins
    }

    private mutating func ranges(_ field: Field) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for element in elements(field, most: 256) {
            guard let text = text(element) else { continue }
            if let range = AddressRange(text) {
                ranges.append(range)
            } else {
                fail(
                    element, "\"\(text)\" is no address and no range. Examples: 192.0.2.1, 192.0.2.0/24, 2001:db8::/32."
                )
            }
        }
        return ranges
    }

    private mutating func metrics(_ field: Field) -> MetricsAccess {
        guard let allow = fields(field, known: ["allow"])["allow"] else { return .loopback }
        if case .sequence = allow.node { return .ranges(ranges(allow)) }
        return switch choice(allow, of: ["loopback", "authenticated", "anyone"]) {
        case "authenticated": .authenticated
        case "anyone": .anyone
        default: .loopback
        }
    }

    private mutating func limits(_ field: Field) -> Limits {
        var limits = Limits()
        let entries = Limits.entries
        let fields = fields(field, known: entries.map(\.key))
        for entry in entries {
            guard let field = fields[entry.key], let number = integer(field, in: entry.range) else { continue }
            limits[keyPath: entry.value] = number
        }
        return limits
    }
}

extension Listen {
    /// Whether only programs on this host can come in.
    var isLoopback: Bool { address == "localhost" || IPAddress(address)?.isLoopback == true }
}
