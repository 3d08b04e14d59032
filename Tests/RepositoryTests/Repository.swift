// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A text file of the repository.
struct RepositoryFile {
    /// Where it is, from the root, with `/` between the parts.
    let path: String
    /// What it holds.
    let text: String
    /// Whether its owner may execute it.
    var isExecutable = false

    /// Its last part.
    var name: String { String(path.split(separator: "/").last ?? "") }

    /// What follows the last dot of the name; empty where there is none.
    var suffix: String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
        return String(name[name.index(after: dot)...])
    }

    /// Its lines, without the line ends.
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// How many lines it has; a line end at its end starts no further line.
    var lineCount: Int { text.isEmpty ? 0 : lines.count - (text.hasSuffix("\n") ? 1 : 0) }

    /// Whether it is below that folder.
    func isBelow(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }
}

/// The checkout that these tests were built from.
enum Repository {
    /// Its root.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Folders that hold nothing of ours: built, fetched, or written by a run.
    private static let foreignFolders: Set = ["www/vendor", "Plugins/Overview/www/vendor", "run", "docs-out"]

    /// Every text file that is ours, sorted by path.
    static let files: [RepositoryFile] = {
        var found: [RepositoryFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in names(in: folder) where !isForeign(name, in: folder) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                if isFolder(path) {
                    folders.append(path)
                } else if let file = read(path) {
                    found.append(file)
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }()

    /// The file at that path, if it is a text of ours.
    static func file(_ path: String) -> RepositoryFile? { files.first { $0.path == path } }

    /// Whether there is anything at that path.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
    }

    private static func isForeign(_ name: String, in folder: String) -> Bool {
        if folder.isEmpty, name.hasPrefix("."), ![".ci", ".gitignore", ".swift-format"].contains(name) { return true }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        return name == "__pycache__" || name.hasSuffix(".log") || foreignFolders.contains(path)
    }

    private static func isFolder(_ path: String) -> Bool {
        let values = try? root.appending(path: path).resourceValues(forKeys: [.isDirectoryKey])
        return values?.isDirectory ?? false
    }

    private static func read(_ path: String) -> RepositoryFile? {
        let location = root.appending(path: path)
        guard let data = try? Data(contentsOf: location), let text = String(data: data, encoding: .utf8) else {
            return nil
        }
        let isExecutable = FileManager.default.isExecutableFile(atPath: location.path)
        return RepositoryFile(path: path, text: text, isExecutable: isExecutable && hasExecuteBit(location))
    }

    /// Looks at the owner's bit itself: for root, `isExecutableFile` is content with anybody's.
    private static func hasExecuteBit(_ location: URL) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: location.path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        return mode & 0o100 != 0
    }
}
