// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import PluginHost
import Web

extension Daemon {
    /// What the plugin host is told.
    func pluginHostSettings() -> PluginHostSettings {
        // The standard folders come with packages, which need not be there; one that was asked for is missed.
        let search = configuration.plugins.search.filter { path in
            !PluginTable.standardSearch.contains(path) || FileManager.default.fileExists(atPath: path)
        }
        return PluginHostSettings(
            search: search, rows: configuration.plugins.rows, dataDirectory: configuration.dataDirectory,
            launcher: companion("gatehouse-launch"), hidden: hiddenPaths, hostVersion: Version.text)
    }

    /// Where everything with a secret in it lies, by the configuration.
    private var hiddenPaths: [String] {
        var paths = [configuration.dataDirectory, configuration.runDirectory]
        if let configurationFile {
            let file = URL(fileURLWithPath: configurationFile).resolvingSymlinksInPath().standardizedFileURL
            let directory = file.deletingLastPathComponent().path
            // A folder of the system holds what plugins need; then it is the file alone that they must not see.
            let isShared = directory.split(separator: "/").count < 2
            paths += isShared ? [file.path, "\(directory)/\(Configuration.folderName)"] : [directory]
        }
        if case .files(_, let key) = configuration.listen.tls { paths.append(key) }
        if let firstUser = configuration.firstUser { paths.append(firstUser.passwordFile) }
        for node in configuration.nodes {
            switch node.kind {
            case .libvirt(let connection): paths += [connection.sshKeyFile, connection.tlsDirectory].compactMap { $0 }
            case .static(let machines): paths += machines.compactMap(\.passwordFile)
            }
        }
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    /// How long the slowest plugin may take to end.
    var pluginStopTime: Duration {
        configuration.plugins.rows.map(\.timeouts.shutdown).max() ?? PluginTimeouts().shutdown
    }

    /// Where a program lies that comes with this one: beside it, or where packages put what nobody calls by hand.
    func companion(_ name: String) -> String {
        let own = Self.executableDirectory
        let places = ["\(own)/\(name)", "\(own)/../libexec/gatehouse/\(name)"]
        let found = places.first(where: FileManager.default.isExecutableFile) ?? places[0]
        return URL(fileURLWithPath: found).standardizedFileURL.path
    }

    /// The folder of this program.
    private static var executableDirectory: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    }
}
