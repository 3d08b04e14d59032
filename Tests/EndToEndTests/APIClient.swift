// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import Synchronization
import TestSupport
import Testing

/// A browser without a page: one session, calls, consoles and events.
final class APIClient: Sendable {
    let gateway: Gateway
    /// The loopback address that it comes from.
    let source: String?
    private let cookie: Mutex<String?>

    init(_ gateway: Gateway, from source: String? = nil, cookie: String? = nil) {
        self.gateway = gateway
        self.source = source
        self.cookie = Mutex(cookie)
    }

    /// The `Cookie` field's value.
    var session: String? { cookie.withLock { $0 } }

    /// What a browser sends with each request.
    var headers: [(name: String, value: String)] {
        var headers = [(name: "Host", value: "127.0.0.1:\(gateway.port)"), ("Origin", gateway.origin)]
        if let session { headers.append(("Cookie", session)) }
        return headers
    }

    /// The same headers, but for some: nil takes one away.
    func headers(but changes: [String: String?]) -> [(name: String, value: String)] {
        headers.filter { changes.keys.contains($0.name) == false }
            + changes.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Sends a request over a connection of its own.
    func exchange(_ request: WireRequest) async throws -> WireAnswer {
        let connection = try await gateway.connect(from: source)
        do {
            let answer = try await connection.exchange(request)
            await connection.close()
            return answer
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Posts a body to the API.
    func post(
        _ body: some Sequence<UInt8>, but changes: [String: String?] = [:]
    ) async throws -> WireAnswer {
        let type: [String: String?] = ["Content-Type": "application/json"]
        let answer = try await exchange(
            WireRequest(
                "POST", "/api", headers: headers(but: type.merging(changes) { $1 }), body: Array(body)))
        take(answer["set-cookie"])
        return answer
    }

    private func take(_ header: String?) {
        guard let pair = header?.split(separator: ";").first else { return }
        let value = pair.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
        if let value { gateway.note(secret: value) }
        cookie.withLock { $0 = value == nil ? nil : String(pair) }
    }

    /// Calls a method.
    ///
    /// - Throws: what the daemon answered with.
    @discardableResult
    func call(_ method: String, _ parameters: [String: JSONValue] = [:]) async throws -> JSONValue {
        let request = RPCRequest(method: method, parameters: parameters, id: 1)
        let answer = try await post(JSONWriter.bytes(request.json))
        let response = try RPCResponse(json: JSONParser.parse(answer.body))
        return try response.outcome.get()
    }

    /// Listens to events.
    func events(receiveBuffer: Int? = nil) async throws -> WireEvents {
        try await .open(gateway.connect(from: source, receiveBuffer: receiveBuffer), headers: headers)
    }
}

// MARK: - Consoles

extension APIClient {
    /// A console's ticket and the path to show it at.
    struct Opening: Sendable {
        let path: String
        let ticket: String
    }

    /// Takes the lock on a text console.
    func open(_ machine: Gateway.Machine, takeover: Bool? = nil) async throws -> Opening {
        var parameters: [String: JSONValue] = ["machine": .string(machine.id), "type": "text"]
        parameters["takeover"] = takeover.map(JSONValue.bool)
        let result = try await call("console.open", parameters)
        let ticket = try #require(result["ticket"]?.stringValue)
        gateway.note(secret: ticket)
        return Opening(path: try #require(result["path"]?.stringValue), ticket: ticket)
    }

    /// Asks for the upgrade with a ticket, as the page does or with some headers changed.
    func upgrade(
        _ opening: Opening, but changes: [String: String?] = [:], subprotocols: [String]? = nil
    ) async throws -> WireWebSocket {
        try await .open(
            gateway.connect(from: source), target: opening.path, headers: headers(but: changes),
            subprotocols: subprotocols ?? ["binary", "ticket.\(opening.ticket)"])
    }

    /// Opens a text console, up to the first byte that could be sent.
    func console(_ machine: Gateway.Machine, takeover: Bool? = nil) async throws -> WireWebSocket {
        let socket = try await upgrade(open(machine, takeover: takeover))
        try #require(socket.answer.status == 101, "\(socket.answer.text)")
        return socket
    }

    /// The lock on a machine's text console, or nil.
    func lock(_ machine: Gateway.Machine) async throws -> JSONValue? {
        let lock = try await call("console.show", ["machine": .string(machine.id), "type": "text"])["lock"]
        return lock?.isNull == true ? nil : lock
    }
}
