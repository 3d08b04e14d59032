// SPDX-License-Identifier: Apache-2.0

import HostSystem
package import Model
package import PluginProtocol

/// A folder that holds a plugin, or something that wants to be one.
package struct FoundPlugin: Sendable {
    /// The folder.
    package let folder: String
    /// What its manifest says, or why that is not known.
    package let manifest: Result<Manifest, GatehouseError>
    /// What changes whenever the folder's content does, without reading it.
    let signature: [String]?

    /// Its name: the manifest's, or the folder's where that can not be read.
    package var name: String {
        if case .success(let manifest) = manifest { return manifest.name }
        return folder.split(separator: "/").last.map(String.init) ?? folder
    }

    /// Reads the manifest of a folder.
    static func manifest(in folder: String) throws -> Manifest {
        let open = try FolderWalk.reading(folder) { () throws(SystemFailure) in try OpenFolder.open(folder) }
        let place = "\(folder)/\(Manifest.fileName)"
        let file = try FolderWalk.reading(place) { () throws(SystemFailure) in try open.file(Manifest.fileName) }
        var bytes: [UInt8] = []
        while bytes.count <= ManifestFile.mostBytes, case .bytes(let more) = file.read(most: 1 << 16) { bytes += more }
        return try ManifestFile.manifest(bytes)
    }

    /// What a folder's content looks like from outside: paths, sizes and times.
    static func signature(of folder: String) -> [String]? {
        guard let open = try? OpenFolder.open(folder) else { return nil }
        var lines: [String] = []
        var walk = FolderWalk()
        do {
            try walk.visit(open, at: folder) { entry in
                let status = entry.status
                lines.append("\(entry.path) \(status.size) \(status.modified) \(status.mode) \(status.identity)")
            }
        } catch {
            return nil
        }
        return lines.sorted()
    }
}

/// Looks for plugins in the search folders.
package enum PluginSearch {
    /// The most folders that are looked into in one search folder.
    static let mostFolders = 500

    /// Finds every folder that holds a manifest; of two with one name the first counts.
    ///
    /// It blocks.
    /// - Returns: what was found, and what is wrong with the search folders themselves.
    package static func find(in folders: [String]) -> (found: [FoundPlugin], problems: [String]) {
        var found: [FoundPlugin] = []
        var problems: [String] = []
        var names: [String: String] = [:]
        for folder in folders {
            do {
                for plugin in try find(in: folder) {
                    if let earlier = names[plugin.name] {
                        problems.append("\(plugin.folder) is left out: \(earlier) is named \(plugin.name) too.")
                    } else {
                        names[plugin.name] = plugin.folder
                        found.append(plugin)
                    }
                }
            } catch {
                problems.append((error as? GatehouseError)?.message ?? String(describing: error))
            }
        }
        return (found, problems)
    }

    private static func find(in folder: String) throws -> [FoundPlugin] {
        let open = try FolderWalk.reading(folder) { () throws(SystemFailure) in try OpenFolder.open(folder) }
        let status = try FolderWalk.reading(folder) { () throws(SystemFailure) in try open.status() }
        try FolderWalk.check(status, at: folder, user: effectiveUser())
        let names = try FolderWalk.reading(folder) { () throws(SystemFailure) in try open.names(most: mostFolders) }
        return names.compactMap { name in
            guard !name.hasPrefix("."), let inner = try? open.folder(name),
                (try? inner.status(of: Manifest.fileName)) != nil
            else { return nil }
            let place = "\(folder)/\(name)"
            let manifest = Result { try FoundPlugin.manifest(in: place) }.mapError { error in
                error as? GatehouseError
                    ?? GatehouseError(.internal, "\(place) can not be read.", cause: String(describing: error))
            }
            return FoundPlugin(folder: place, manifest: manifest, signature: FoundPlugin.signature(of: place))
        }
    }
}
