// SPDX-License-Identifier: Apache-2.0

package import NIOHTTP1

/// What a request to become a WebSocket says (RFC 6455, 4.2.1), checked.
package struct WebSocketHandshake: Sendable, Equatable {
    /// Why a request can not be answered with 101.
    package struct Refusal: Error, Sendable, Equatable {
        /// The status to answer with.
        package let status: HTTPResponseStatus
        /// The reason, for people.
        package let message: String
    }

    /// The subprotocols offered, in the client's order.
    package let subprotocols: [String]

    /// Whether a head asks for the upgrade; other methods and versions ignore the header (RFC 9110, 7.8).
    package static func isAskedFor(in head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// Checks a head that asks for the upgrade.
    package init(_ head: HTTPRequestHead) throws(Refusal) {
        guard head.headers[canonicalForm: "Connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
            throw Refusal(status: .badRequest, message: "The Connection header must say Upgrade.")
        }
        guard head.headers["Host"].count == 1 else {
            throw Refusal(status: .badRequest, message: "There must be one Host header.")
        }
        guard head.headers["Sec-WebSocket-Version"] == ["13"] else {
            throw Refusal(status: .upgradeRequired, message: "The WebSocket version must be 13.")
        }
        let keys = head.headers["Sec-WebSocket-Key"]
        guard let key = keys.first, keys.count == 1, Self.isKey(key) else {
            throw Refusal(status: .badRequest, message: "The WebSocket key must be 16 bytes in base64.")
        }
        subprotocols = head.headers[canonicalForm: "Sec-WebSocket-Protocol"].map(String.init)
    }

    /// 16 bytes are 22 characters of base64 and two `=`.
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        guard bytes.count == 24, bytes[22] == UInt8(ascii: "="), bytes[23] == UInt8(ascii: "=") else {
            return false
        }
        return bytes[..<22].allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }
}
