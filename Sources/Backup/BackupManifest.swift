// SPDX-License-Identifier: Apache-2.0

package import Model

/// What a backup says of itself before anything else.
package struct BackupHead: Sendable, Equatable {
    /// The Gatehouse that made it.
    package var gatehouse: String
    /// The version of the database's layout.
    package var databaseVersion: Int
    /// When it was made, as RFC 3339 writes it.
    package var madeAt: String
    /// The name of the host it is of.
    package var host: String

    /// Describes a backup.
    package init(gatehouse: String, databaseVersion: Int, madeAt: String, host: String) {
        self.gatehouse = gatehouse
        self.databaseVersion = databaseVersion
        self.madeAt = madeAt
        self.host = host
    }

    /// The head as JSON.
    package var json: JSONValue {
        [
            "format": .int(Int64(BackupFormat.version)), "gatehouse": .string(gatehouse),
            "databaseVersion": .int(Int64(databaseVersion)), "madeAt": .string(madeAt), "host": .string(host),
        ]
    }

    /// The head that JSON describes, or nil.
    init?(_ json: JSONValue) {
        guard json["format"]?.intValue == Int64(BackupFormat.version), let gatehouse = json["gatehouse"]?.stringValue,
            let version = json["databaseVersion"]?.intValue, (1...100_000).contains(version),
            let madeAt = json["madeAt"]?.stringValue, let host = json["host"]?.stringValue
        else { return nil }
        self.init(gatehouse: gatehouse, databaseVersion: Int(version), madeAt: madeAt, host: host)
    }
}

/// A file in a backup.
package struct BackupPart: Sendable, Equatable {
    /// What it is called there.
    package let name: PartName
    /// Its size in bytes.
    package let size: Int
    /// Who may do what with it: the low nine bits.
    package let mode: UInt32
    /// SHA-256 of its content in hexadecimal; empty before the content was seen.
    package internal(set) var digest = ""

    /// Describes a file.
    package init(name: PartName, size: Int, mode: UInt32) {
        self.name = name
        self.size = size
        self.mode = mode & 0o777
    }

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name.text), "size": .int(Int64(size)), "mode": .int(Int64(mode)),
        ]
        if !digest.isEmpty { members["sha256"] = .string(digest) }
        return .object(members)
    }

    init?(_ json: JSONValue) {
        guard let text = json["name"]?.stringValue, let name = PartName(text), let size = json["size"]?.intValue,
            let mode = json["mode"]?.intValue, (0...BackupFormat.mostPartBytes).contains(Int(size)),
            (0...0o777).contains(mode)
        else { return nil }
        self.init(name: name, size: Int(size), mode: UInt32(mode))
        digest = json["sha256"]?.stringValue ?? ""
    }
}

/// Everything that a backup holds; its last record.
package struct BackupManifest: Sendable, Equatable {
    /// What it says of itself.
    package let head: BackupHead
    /// Its files, in their order.
    package let parts: [BackupPart]

    /// The manifest as JSON.
    package var json: JSONValue { ["head": head.json, "parts": .array(parts.map(\.json))] }
}

/// The name of a file in a backup: a path below a few known places, which leads nowhere else.
package struct PartName: Sendable, Hashable {
    /// The database.
    package static let database = PartName(known: "data/gatehouse.sqlite")
    /// The configuration file.
    package static let configuration = PartName(known: "config/gatehouse.yaml")

    /// Folders of which files may be in a backup.
    static let folders = ["config/conf.d", "data/plugins/data", "data/tls"]

    /// The path, its parts divided by slashes.
    package let text: String

    private init(known text: String) { self.text = text }

    /// Takes a path that lies in one of the known places; nil for any other.
    package init?(_ text: String) {
        self.text = text
        if text == Self.database.text || text == Self.configuration.text { return }
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = words.allSatisfy { word in
            !word.isEmpty && word != "." && word != ".." && word.utf8.count <= 255 && !word.utf8.contains(0)
        }
        guard isPlain, text.utf8.count <= 1024, words.count <= 40 else { return nil }
        guard let folder = Self.folders.first(where: { text.hasPrefix($0 + "/") }) else { return nil }
        // The other folders hold files alone.
        let depth = words.count - folder.split(separator: "/").count
        guard folder == "data/plugins/data" ? depth >= 2 : depth == 1 else { return nil }
    }

    /// The path below `data/` or `config/`.
    package var local: String { text.split(separator: "/").dropFirst().joined(separator: "/") }

    /// Whether it belongs to the configuration, not to the data directory.
    package var isConfiguration: Bool { text.hasPrefix("config/") }
}
