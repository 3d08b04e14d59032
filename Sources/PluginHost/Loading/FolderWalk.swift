// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model

/// How much a plugin's folder may hold.
struct FolderLimits: Sendable {
    /// Files.
    var files = 2_000
    /// Bytes in all files together.
    var bytes = 512 << 20
    /// Folders within folders.
    var depth = 16
}

/// Goes through a plugin's folder without following links, and checks that nobody else can write to it.
///
/// What is read is always what was checked: every look goes through a descriptor that is open already.
struct FolderWalk {
    /// A file that was found.
    struct Entry {
        /// Its path below the plugin's folder.
        let path: String
        /// What the system says of it.
        let status: FileStatus
        /// The file, open for reading.
        let file: OpenDescriptor
    }

    private let limits: FolderLimits
    private let user: UInt32
    private var files = 0
    private var bytes = 0

    init(limits: FolderLimits = FolderLimits()) {
        self.limits = limits
        user = effectiveUser()
    }

    /// Hands out every file below the folder, in order of their paths.
    ///
    /// - Throws: `forbidden` for what others could change, `invalidParameters` for what does not belong in a plugin,
    ///   `limitExceeded` for too much of it.
    mutating func visit(_ folder: OpenFolder, at place: String, _ body: (Entry) throws -> Void) throws {
        try visit(folder, place: place, path: "", depth: 0, body)
    }

    private mutating func visit(
        _ folder: OpenFolder, place: String, path: String, depth: Int, _ body: (Entry) throws -> Void
    ) throws {
        let here = path.isEmpty ? place : "\(place)/\(path)"
        try Self.check(try Self.reading(here) { () throws(SystemFailure) in try folder.status() }, at: here, user: user)
        guard depth <= limits.depth else {
            throw GatehouseError(.limitExceeded, "\(here) lies deeper than \(limits.depth) folders.")
        }
        let names = try Self.reading(here) { () throws(SystemFailure) in try folder.names(most: limits.files + 1) }
        guard files + names.count <= limits.files else { throw tooManyFiles(place) }
        for name in names {
            let below = path.isEmpty ? name : "\(path)/\(name)"
            let there = "\(place)/\(below)"
            let status = try Self.reading(there) { () throws(SystemFailure) in try folder.status(of: name) }
            switch status.kind {
            case .folder:
                let next = try Self.reading(there) { () throws(SystemFailure) in try folder.folder(name) }
                try visit(next, place: place, path: below, depth: depth + 1, body)
            case .file:
                let file = try Self.reading(there) { () throws(SystemFailure) in try folder.file(name) }
                try take(file, path: below, there: there, body)
            case .link:
                throw GatehouseError(
                    .invalidParameters, "\(there) is a link, and links are not followed; put the file itself there.")
            case .other:
                throw GatehouseError(
                    .invalidParameters, "\(there) is neither a file nor a folder; remove it from the plugin.")
            }
        }
    }

    private mutating func take(
        _ file: OpenDescriptor, path: String, there: String, _ body: (Entry) throws -> Void
    ) throws {
        let status = try Self.reading(there) { () throws(SystemFailure) in try file.status() }
        try Self.check(status, at: there, user: user)
        guard status.kind == .file else {
            throw GatehouseError(.conflict, "\(there) changed while it was read; try again.")
        }
        files += 1
        bytes += status.size
        guard bytes <= limits.bytes else {
            throw GatehouseError(.limitExceeded, "The plugin holds more than \(limits.bytes >> 20) MiB.")
        }
        try body(Entry(path: path, status: status, file: file))
    }

    private func tooManyFiles(_ place: String) -> GatehouseError {
        GatehouseError(.limitExceeded, "\(place) holds more than \(limits.files) files.")
    }

    /// Throws `forbidden` where somebody other than root and this user could change it.
    static func check(_ status: FileStatus, at place: String, user: UInt32) throws {
        guard status.user == 0 || status.user == user else {
            throw GatehouseError(
                .forbidden,
                "\(place) belongs to user \(status.user); it must belong to root or to Gatehouse's own user. Use chown."
            )
        }
        guard !status.isWritableByOthers else {
            throw GatehouseError(
                .forbidden, "\(place) can be written by others than its owner. Use chmod go-w.")
        }
    }

    /// What a call of the system gives, or its failure in words.
    static func reading<T>(_ place: String, _ body: () throws(SystemFailure) -> T) throws -> T {
        do {
            return try body()
        } catch let failure where failure.isMissing {
            throw GatehouseError(.notFound, "\(place) is not there.", cause: failure.description)
        } catch let failure where failure.isLink {
            throw GatehouseError(
                .invalidParameters, "\(place) is a link, and links are not followed; put the file itself there.",
                cause: failure.description)
        } catch {
            throw GatehouseError(
                .storageFailed, "\(place) can not be read (\(error)). Check who may read it.", cause: error.description)
        }
    }
}
