// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Yams

/// The configuration as the daemon itself reads it; there is no second reader of it.
struct DaemonConfiguration: Sendable {
    /// Where it is when nothing else is said.
    static let standardPath = "/etc/gatehouse/gatehouse.yaml"
    private static let maximumBytes = 4 << 20

    /// The file; nil where there is none and the defaults hold.
    let path: String?
    /// Every key with its value, relative paths made absolute.
    let values: JSONValue

    /// Where the database and the certificate live.
    var dataDirectory: String { values["dataDirectory"]?.stringValue ?? "/var/lib/gatehouse" }
    /// Where sockets live.
    var runDirectory: String { values["runDirectory"]?.stringValue ?? "/run/gatehouse" }
    /// Where the pages are.
    var webDirectory: String { values["webDirectory"]?.stringValue ?? "/usr/share/gatehouse/www" }
    /// The address that browsers come in by.
    var address: String { values["listen"]?["address"]?.stringValue ?? "0.0.0.0" }
    /// The port that browsers come in by.
    var port: Int { Int(values["listen"]?["port"]?.intValue ?? 8443) }
    /// The origins that browsers use.
    var publicOrigins: [String] { (values["publicOrigins"]?.arrayValue ?? []).compactMap(\.stringValue) }
    /// The nodes.
    var nodes: [JSONValue] { values["nodes"]?.arrayValue ?? [] }

    /// Certificate and key; nil where TLS is off.
    var tlsFiles: (certificate: String, key: String)? {
        let tls = values["listen"]?["tls"]
        if let certificate = tls?["certificate"]?.stringValue, let key = tls?["key"]?.stringValue {
            return (certificate, key)
        }
        let isOff = tls?.stringValue == "off" || tls?.boolValue == false
        return isOff ? nil : ("\(dataDirectory)/tls/certificate.pem", "\(dataDirectory)/tls/key.pem")
    }

    /// Whether Gatehouse makes the certificate itself.
    var isSelfSigned: Bool { values["listen"]?["tls"]?.stringValue == "selfSigned" }

    /// Files with secrets that the configuration names and that others made.
    var namedSecrets: [String] {
        var paths: [String] = []
        if !isSelfSigned, let files = tlsFiles { paths += [files.certificate, files.key] }
        for node in nodes {
            paths += ["sshKeyFile", "tlsDirectory"].compactMap { node[$0]?.stringValue }
            paths += (node["static"]?.arrayValue ?? []).compactMap { $0["passwordFile"]?.stringValue }
        }
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    /// Asks the daemon's program what it reads.
    ///
    /// - Parameter path: the file; nil for the standard one, where it is there.
    /// - Throws: a `Failure` with the daemon's own words where the configuration is wrong.
    static func read(_ path: String?) throws -> DaemonConfiguration {
        var path = path
        if path == nil, FileManager.default.fileExists(atPath: standardPath) { path = standardPath }
        let program = try DaemonProgram.path()
        let done = try DaemonProgram.run(program, ["--print-config"] + (path.map { ["--config", $0] } ?? []))
        guard done.status == 0 else {
            let words = done.error.split(whereSeparator: \.isNewline).joined(separator: " ")
            throw Failure(.failed, words.isEmpty ? "\(program) did not tell its configuration." : words)
        }
        guard done.output.utf8.count <= maximumBytes, let node = try? Yams.compose(yaml: done.output) else {
            throw Failure(.failed, "\(program) tells its configuration in a way that this command does not know.")
        }
        return DaemonConfiguration(path: path, values: Self.value(node))
    }

    /// The YAML that the daemon prints as JSON.
    private static func value(_ node: Node) -> JSONValue {
        switch node {
        case .scalar(let scalar):
            guard scalar.style == .plain else { return .string(scalar.string) }
            if let number = Int64(scalar.string) { return .int(number) }
            switch scalar.string {
            case "true": return true
            case "false": return false
            case "null", "~", "": return .null
            default: return .string(scalar.string)
            }
        case .sequence(let sequence): return .array(sequence.map(value))
        case .mapping(let mapping):
            var members: [String: JSONValue] = [:]
            for (key, element) in mapping { if let name = key.string { members[name] = value(element) } }
            return .object(members)
        case .alias: return .null
        }
    }
}

/// The daemon's program, as it is installed beside this one.
enum DaemonProgram {
    /// What a program said and how it ended.
    struct Finished {
        let status: Int32
        let output: String
        let error: String
    }

    /// Where it is.
    static func path() throws -> String {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let places = [own.appending(path: "gatehoused").path, "/usr/bin/gatehoused"]
        guard let found = places.first(where: FileManager.default.isExecutableFile) else {
            throw Failure(.failed, "There is no program \(places[0]); install gatehouse whole.")
        }
        return found
    }

    /// Runs a program that says little.
    static func run(_ program: String, _ arguments: [String]) throws -> Finished {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        do {
            try process.run()
        } catch {
            throw Failure(.failed, "\(program) can not be started: \(error.localizedDescription)")
        }
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try error.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Finished(
            status: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
            error: String(decoding: complained, as: UTF8.self))
    }
}

/// A user of this host that is not looked up anywhere else than in its own files.
struct HostAccount: Sendable, Equatable {
    let name: String
    let user: UInt32
    let group: UInt32

    /// The user that the package makes.
    static var gatehouse: HostAccount? { find { $0.name == "gatehouse" } }

    /// The user of that number.
    static func of(_ user: UInt32) -> HostAccount? { find { $0.user == user } }

    private static func find(_ isMeant: (HostAccount) -> Bool) -> HostAccount? {
        lines("/etc/passwd").lazy.compactMap { words -> HostAccount? in
            guard words.count >= 4, let user = UInt32(words[2]), let group = UInt32(words[3]) else { return nil }
            return HostAccount(name: words[0], user: user, group: group)
        }.first(where: isMeant)
    }

    /// The numbers of the groups that it is in.
    var groups: Set<UInt32> {
        let named = Self.lines("/etc/group").filter { words in
            words.count >= 4 && words[3].split(separator: ",").contains { $0 == name }
        }
        return Set(named.compactMap { UInt32($0[2]) } + [group])
    }

    /// The name of a group.
    static func group(_ number: UInt32) -> String {
        lines("/etc/group").first { $0.count >= 3 && UInt32($0[2]) == number }?[0] ?? String(number)
    }

    private static func lines(_ path: String) -> [[String]] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map { line in
            line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
