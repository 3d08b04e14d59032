// SPDX-License-Identifier: Apache-2.0

import Backup
import FoundationEssentials
import HostSystem

/// What is put into a backup beside the database, found without following a link.
struct BackupContent {
    /// Bytes of all plugins' data at most.
    static let mostPluginBytes = 1 << 30
    /// Files of all plugins' data at most.
    static let mostPluginFiles = 20_000
    /// Bytes of a configuration file at most.
    static let mostConfigurationBytes = 1 << 20
    private static let mostDepth = 32

    /// A file to put in, already open.
    struct Piece {
        let name: PartName
        let open: () throws -> OpenDescriptor
    }

    /// The files.
    private(set) var pieces: [Piece] = []
    /// What is not in it, and why, for people.
    private(set) var notes: [String] = []
    private var pluginBytes = 0
    private var pluginFiles = 0

    /// Finds Gatehouse's own certificate with its key.
    mutating func addCertificate(_ dataDirectory: String) {
        guard let folder = try? OpenFolder.open(dataDirectory).folder("tls") else { return }
        for name in ["certificate.pem", "key.pem"] { addFile(name, in: folder, as: "data/tls/\(name)") }
    }

    /// Finds the data of every plugin.
    ///
    /// - Throws: a `Failure` where there is too much of it.
    mutating func addPlugins(_ dataDirectory: String) throws {
        guard let folder = try? OpenFolder.open(dataDirectory).folder("plugins").folder("data") else { return }
        for name in (try? folder.names(most: 1000)) ?? [] {
            guard let plugin = try? folder.folder(name) else { continue }
            try add(plugin, as: "data/plugins/data/\(name)", depth: 0)
        }
    }

    /// Finds the configuration file and what lies in `conf.d` beside it.
    mutating func addConfiguration(_ path: String) {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let directory = url.deletingLastPathComponent().path
        do {
            let file = try OpenDescriptor.file(at: path)
            guard try file.status().size <= Self.mostConfigurationBytes else {
                notes.append("\(path) is larger than 1 MiB")
                return
            }
            pieces.append(Piece(name: .configuration) { file })
        } catch {
            notes.append("\(path) (\(error))")
            return
        }
        guard let more = try? OpenFolder.open(directory).folder("conf.d") else { return }
        for name in ((try? more.names(most: 1000)) ?? []) where name.hasSuffix(".yaml") {
            addFile(name, in: more, as: "config/conf.d/\(name)")
        }
    }

    /// Tells of files that the configuration names and that are somebody else's to keep.
    mutating func note(secrets paths: [String]) {
        notes += paths.map { "\($0), which the configuration names" }
    }

    private mutating func add(_ folder: OpenFolder, as place: String, depth: Int) throws {
        guard depth < Self.mostDepth else {
            notes.append("\(place): folders are nested deeper than \(Self.mostDepth) levels")
            return
        }
        for name in (try? folder.names(most: Self.mostPluginFiles + 1)) ?? [] {
            guard let status = try? folder.status(of: name) else { continue }
            switch status.kind {
            case .folder:
                if let below = try? folder.folder(name) { try add(below, as: "\(place)/\(name)", depth: depth + 1) }
            case .file:
                pluginBytes += status.size
                pluginFiles += 1
                guard pluginBytes <= Self.mostPluginBytes, pluginFiles <= Self.mostPluginFiles else {
                    throw Failure(
                        .failed,
                        "The plugins keep more than 1 GiB or \(Self.mostPluginFiles) files of data; save those by other "
                            + "means, and say --without-plugin-data.")
                }
                addFile(name, in: folder, as: "\(place)/\(name)")
            case .link, .other: notes.append("\(place)/\(name) is no file")
            }
        }
    }

    private mutating func addFile(_ name: String, in folder: OpenFolder, as text: String) {
        guard let part = PartName(text) else {
            notes.append("\(text): a name that a backup can not hold")
            return
        }
        guard (try? folder.status(of: name).kind) == .file else { return }
        pieces.append(Piece(name: part) { try folder.file(name) })
    }
}
