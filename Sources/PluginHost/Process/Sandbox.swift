// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
package import Model
import Subprocess
import SystemPackage

/// The command lines with which plugins are started, in bubblewrap's sandbox and without.
package struct Sandbox: Sendable {
    /// Where the plugin's copy is seen inside.
    static let pluginFolder = "/plugin"
    /// Where the plugin's data folder is seen inside.
    static let dataFolder = "/data"
    private static let program = "/usr/bin/bwrap"

    /// The folders of the system that are seen, read-only; everything else is not there.
    private static let seen = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "opt"]
    /// What lies below those and is nobody's business, whatever user the daemon has.
    private static let alwaysHidden = [
        "/etc/gshadow", "/etc/gshadow-", "/etc/libvirt", "/etc/shadow", "/etc/shadow-", "/etc/ssh", "/etc/ssl/private",
    ]
    /// Where `/etc/resolv.conf` leads to where systemd-resolved is used.
    private static let nameServers = ["/run/systemd/resolve/resolv.conf", "/run/systemd/resolve/stub-resolv.conf"]

    /// Paths that are hidden beside those that always are.
    let hidden: [String]

    /// Names the paths to hide.
    package init(hidden: [String]) { self.hidden = hidden }

    /// Tries bubblewrap once.
    package static func probe() async -> SandboxAvailability {
        guard (try? OpenDescriptor.file(at: program).status()) != nil else {
            return .unavailable(reason: "bubblewrap is not installed (apt install bubblewrap).")
        }
        // Without the death signal: here the parent is a thread of the pool, which may end before the trial.
        let trial = Sandbox(hidden: []).arguments(copy: "/usr", data: "/tmp", hasNetwork: false)
            .filter { $0 != "--die-with-parent" }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(program)), arguments: Arguments(trial + ["/bin/true"]),
                environment: .custom(["PATH": "/usr/bin:/bin"]), output: .discarded, error: .string(limit: 4096))
            guard result.terminationStatus.isSuccess else {
                let said = LogRing.harmless(Array(result.standardError.utf8.prefix(300)))
                return .unavailable(
                    reason: "bubblewrap does not work here (\(result.terminationStatus)): \(said)")
            }
            return .available
        } catch {
            return .unavailable(reason: "bubblewrap can not be started: \(error)")
        }
    }

    /// The whole command line for a plugin, without the launcher.
    func command(_ command: [String], copy: String, data: String, hasNetwork: Bool) -> [String] {
        [Self.program] + arguments(copy: copy, data: data, hasNetwork: hasNetwork) + command
    }

    /// The variables that every plugin has, and no others.
    static func environment(home: String, temporary: String) -> [(name: String, value: String)] {
        [
            ("HOME", home), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin"), ("PYTHONDONTWRITEBYTECODE", "1"),
            ("TMPDIR", temporary),
        ]
    }

    private func arguments(copy: String, data: String, hasNetwork: Bool) -> [String] {
        var words = ["--unshare-all"]
        if hasNetwork { words.append("--share-net") }
        words += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        words += Self.system
        words += ["--dev", "/dev", "--proc", "/proc"]
        // An outer path first, so that it does not bury what was mounted below it.
        let paths = Set((Self.alwaysHidden + hidden).map(Self.resolved)).filter(Self.isSeen)
            .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        for path in paths { words += Self.isFolder(path) ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path] }
        if hasNetwork { words += Self.nameServers.flatMap { ["--ro-bind-try", $0, $0] } }
        words += ["--tmpfs", "/tmp", "--tmpfs", "/var/tmp", "--dir", "/run"]
        words += ["--ro-bind", copy, Self.pluginFolder, "--bind", data, Self.dataFolder]
        words += ["--remount-ro", "/", "--remount-ro", "/proc", "--chdir", Self.pluginFolder]
        words.append("--clearenv")
        for variable in Self.environment(home: Self.dataFolder, temporary: "/tmp") {
            words += ["--setenv", variable.name, variable.value]
        }
        return words + ["--"]
    }

    /// The folders of the system; what is a link there, is one inside.
    private static var system: [String] {
        guard let root = try? OpenFolder.open("/") else { return [] }
        return seen.flatMap { name -> [String] in
            switch try? root.status(of: name).kind {
            case .folder: ["--ro-bind", "/\(name)", "/\(name)"]
            case .link: ["--symlink", "usr/\(name)", "/\(name)"]
            default: []
            }
        }
    }

    /// The path without links, because nothing can be mounted on a link.
    private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    private static func isSeen(_ path: String) -> Bool {
        guard let top = path.split(separator: "/").first, seen.contains(String(top)) else { return false }
        return (try? OpenDescriptor.place(path).status()) != nil
    }

    /// Whether there is a folder, be it one that the daemon's user may not open.
    private static func isFolder(_ path: String) -> Bool {
        (try? OpenDescriptor.place(path).status().kind) == .folder
    }
}
