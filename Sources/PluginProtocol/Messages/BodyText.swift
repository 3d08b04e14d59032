// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// Bodies as they stand in JSON: as text where they are UTF-8, else in Base64.
enum BodyText {
    static func fields(of bytes: [UInt8]) -> (body: String?, base64: String?) {
        if let text = String(validating: bytes, as: UTF8.self) { return (text, nil) }
        return (nil, Data(bytes).base64EncodedString())
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
