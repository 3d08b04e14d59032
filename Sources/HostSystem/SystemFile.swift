// SPDX-License-Identifier: Apache-2.0

/// Files of the kernel's, such as those in `/proc` (proc(5)).
enum SystemFile {
    /// The first MiB of a file as text; nil where it can not be opened.
    static func text(_ path: String) -> String? {
        guard let file = try? OpenDescriptor.file(at: path) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < 1 << 20, case .bytes(let more) = file.read(most: 1 << 14) { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }
}
