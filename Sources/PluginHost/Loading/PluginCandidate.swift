// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
package import PluginProtocol

/// A plugin whose folder was copied: what would run.
package struct PluginCandidate: Sendable {
    /// What its manifest says.
    package let manifest: Manifest
    /// The folder that it was copied from.
    package let folder: String
    /// The folder that holds the copy.
    package let copy: String
    /// SHA-256 of its content, in hexadecimal.
    package let digest: String
    /// The files of its `www/`.
    package let pages: PluginPages

    /// Copies a plugin's folder, and reads what it is from the copy.
    ///
    /// It blocks for as long as the disk takes.
    /// - Parameter pin: the only digest that is accepted; nil for any.
    /// - Throws: a `GatehouseError` that says what to do.
    package static func load(folder: String, into store: PluginStore, pin: String? = nil) throws -> PluginCandidate {
        let digest = try store.keep(folder)
        guard pin == nil || pin == digest else {
            throw GatehouseError(
                .forbidden,
                "The content of \(folder) has the digest \(digest), and the table allows \(pin ?? "") alone. "
                    + "If the change is wanted, write the new digest into the table.")
        }
        let copy = store.path(of: digest)
        let manifest = try FoundPlugin.manifest(in: copy)
        let pages = try PluginPages(copy: copy, folder: Manifest.pagesFolder)
        for page in manifest.pages {
            for file in [page.file, page.module].compactMap({ $0 }) where pages.file(file) == nil {
                throw GatehouseError(
                    .invalidParameters,
                    "The page \(page.name) names \(Manifest.pagesFolder)/\(file), which is not there.")
            }
        }
        return PluginCandidate(manifest: manifest, folder: folder, copy: copy, digest: digest, pages: pages)
    }

    /// What is executed, as it is called where the copy can be seen at `root`; nil for a plugin without process.
    ///
    /// - Throws: `invalidParameters` where the manifest's command names nothing that can be executed.
    package func command(root: String) throws -> [String]? {
        guard let command = manifest.command, let first = command.first else { return nil }
        let relative = first.hasPrefix("./") ? String(first.dropFirst(2)) : first
        if let status = try? OpenDescriptor.file(at: "\(copy)/\(relative)").status(), status.kind == .file {
            guard status.isExecutable else {
                throw GatehouseError(
                    .invalidParameters,
                    "\(folder)/\(relative) is the plugin's command and can not be executed. Use chmod +x, or name its "
                        + "interpreter first.")
            }
            return ["\(root)/\(relative)"] + command.dropFirst()
        }
        for place in ["/usr/bin", "/bin"] where !relative.contains("/") {
            if let status = try? OpenDescriptor.file(at: "\(place)/\(relative)").status(), status.kind == .file {
                return ["\(place)/\(relative)"] + command.dropFirst()
            }
        }
        throw GatehouseError(
            .invalidParameters,
            "The plugin's command \(first) is neither a file of its folder nor a program in /usr/bin or /bin. "
                + "Install it, or mend command in \(Manifest.fileName).")
    }
}
