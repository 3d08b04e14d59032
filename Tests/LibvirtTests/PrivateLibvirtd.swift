// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
import Testing

@testable import Libvirt

/// A libvirtd of the test's own, with real QEMU in software, started by the demo's script.
///
/// Skips the test by name where it can not be had.
final class PrivateLibvirtd: Sendable {
    let directory: String
    private static let cache = "/tmp/gatehouse-libvirt-cache"

    /// What tells its host from others; nil for this host's own.
    private let host: UUID?

    private init(directory: String, host: UUID?) {
        self.directory = directory
        self.host = host
    }

    var uri: String { "qemu+unix:///system?socket=\(directory)/sock/libvirt-sock" }

    /// Why there is none here; nil where there is one.
    static let absence: String? = {
        if getuid() != 0 { return "not root" }
        for program in ["libvirtd", "virsh", "qemu-system-x86_64"] where path(of: program) == nil {
            return "no \(program) is installed"
        }
        return FileManager.default.fileExists(atPath: script("libvirt-up.sh")) ? nil : "no demo scripts"
    }()

    /// Why it can start no networks here; nil where it can.
    static let networkAbsence: String? = {
        if let absence { return absence }
        // libvirt fences every network off, also one that leads nowhere.
        return path(of: "iptables") == nil ? "no iptables is installed, without which libvirt starts no network" : nil
    }()

    /// Starts one, runs the body, and stops it with all its machines.
    ///
    /// - Parameter host: what makes it a host of its own; nil for this host.
    static func with<Result: Sendable>(
        host: UUID? = nil, _ body: @Sendable (PrivateLibvirtd) async throws -> Result
    ) async throws -> Result {
        let libvirtd = PrivateLibvirtd(directory: "/tmp/gh-lv-\(UUID().uuidString.prefix(6))", host: host)
        try await libvirtd.start()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(libvirtd))
        } catch {
            result = .failure(error)
        }
        _ = try? await Program.run("/bin/bash", [script("libvirt-down.sh"), libvirtd.directory])
        _ = try? await Program.run("/bin/rm", ["-rf", libvirtd.directory])
        return try result.get()
    }

    /// Starts it, or starts it again after `kill`.
    func start() async throws {
        let arguments = [Self.script("libvirt-up.sh"), directory, Self.cache, host?.uuidString ?? ""]
        let up = try await Program.run("/bin/bash", arguments)
        try #require(up.status == 0, "libvirt-up.sh failed: \(up.output)")
    }

    /// Sends a signal to the daemon alone.
    func signal(_ number: Int32) throws {
        let text = try String(contentsOfFile: "\(directory)/libvirtd.pid", encoding: .utf8)
        let pid = try #require(Int32(text.filter { $0.isNumber }))
        try #require(kill(pid, number) == 0)
        // A killed daemon leaves the locks of its consoles, and they hold for as long as its number is known.
        guard number == SIGKILL else { return }
        for name in try FileManager.default.contentsOfDirectory(atPath: "/var/lock") where name.hasPrefix("LCK..") {
            let lock = "/var/lock/\(name)"
            let holder = try? String(contentsOfFile: lock, encoding: .utf8)
            if holder.flatMap({ Int32($0.filter(\.isNumber)) }) == pid { _ = unsafe unlink(lock) }
        }
    }

    /// Starts the daemon again the way the script started it, with its machines as they are.
    func restart() async throws {
        // Without these files the script takes the directory for a new one and lets the machines be.
        unsafe unlink("\(directory)/libvirtd.pid")
        unsafe unlink("\(directory)/uri")
        try await start()
    }

    func virsh(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(Self.path(of: "virsh") ?? "virsh", ["-q", "-c", uri] + arguments)
    }

    func define(_ xml: String) async throws {
        let file = "\(directory)/\(UUID().uuidString).xml"
        try xml.write(toFile: file, atomically: false, encoding: .utf8)
        let outcome = try await virsh("define", file)
        try #require(outcome.status == 0, "\(outcome.output)")
    }

    /// Makes a pool of a directory of its own and starts it.
    func makePool(_ name: String) async throws {
        let folder = "\(directory)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for arguments in [["pool-define-as", name, "dir", "--target", folder], ["pool-start", name]] {
            let outcome = try await Program.run(
                Self.path(of: "virsh") ?? "virsh", ["-q", "-c", uri] + arguments)
            try #require(outcome.status == 0, "\(outcome.output)")
        }
    }

    static func script(_ name: String) -> String { "\(root)/packaging/demo/\(name)" }

    /// Where the guest is that the demo builds; nil where it is not there.
    static var guest: String? {
        let directory = "\(root)/.build-demo/guest"
        return FileManager.default.fileExists(atPath: "\(directory)/initrd.gz") ? directory : nil
    }

    private static let root: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    static func path(of program: String) -> String? {
        ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"].map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
