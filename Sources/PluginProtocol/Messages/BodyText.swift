// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// Bodies as they stand in JSON: as text where they are UTF-8, else in Base64.
enum BodyText {
    static func fields(of bytes: [UInt8]) -> (body: String?, base64: String?) {
        if let text = String(utf8: bytes[...]) { return (text, nil) }
        return (nil, base64(bytes))
    }

    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Whether bytes are text in UTF-8.
    static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    static func bytes(body: String?, base64: String?) throws -> [UInt8] {
        switch (body, base64) {
        case (nil, nil): return []
        case (let text?, nil): return Array(text.utf8)
        case (nil, let text?):
            guard let data = Data(base64Encoded: text) else {
                throw GatehouseError.invalidParameter("bodyBase64", "bodyBase64 is not Base64.")
            }
            return Array(data)
        default: throw GatehouseError.invalidParameter("body", "Give body or bodyBase64, not both.")
        }
    }
}

extension String {
    /// The text that bytes are in UTF-8, nil where they are none; quick for ASCII, which most texts are.
    init?(utf8 bytes: ArraySlice<UInt8>) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            self.init(decoding: bytes, as: UTF8.self)
        } else {
            self.init(validating: bytes, as: UTF8.self)
        }
    }
}
