// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization
import XMLRPC

@testable import ZentificPlugin

/// A core with two machines, three plugins and a session or two, which notes what it is asked.
final class FakeCore: Sendable {
    struct Asked: Equatable {
        let method: String
        let parameters: [String: JSONValue]
        let token: String?
    }

    static let one = "11111111-2222-4333-8444-555555555501"
    static let two = "11111111-2222-4333-8444-555555555502"
    static let admin = "aaaaaaaa-0000-4000-8000-000000000001"
    static let reader = "aaaaaaaa-0000-4000-8000-000000000002"
    static let stale = "aaaaaaaa-0000-4000-8000-000000000003"

    private let noted = Mutex<[Asked]>([])
    private let answers = Mutex<[String: @Sendable ([String: JSONValue]) throws -> JSONValue]>([:])
    let endpoint = ZentificEndpoint()

    var asked: [Asked] { noted.withLock { $0 } }
    var methods: [String] { asked.map(\.method) }

    /// Answers one method in another way.
    func answer(_ method: String, _ body: @escaping @Sendable ([String: JSONValue]) throws -> JSONValue) {
        answers.withLock { $0[method] = body }
    }

    var host: Host {
        Host { method, parameters, token in
            self.noted.withLock { $0.append(Asked(method: method, parameters: parameters, token: token)) }
            if let own = self.answers.withLock({ $0[method] }) { return try own(parameters) }
            return try Self.standard(method, parameters)
        }
    }

    /// Sends a call as a client with that cookie does; gives the answer and the cookie that came with it.
    func call(
        _ method: String, _ parameters: [XMLRPCValue] = [], session: String? = nil
    ) async throws -> (response: XMLRPCResponse, cookie: String?) {
        let reply = await send(
            XMLRPCWriter.bytes(XMLRPCCall(method: method, parameters: parameters)), session: session)
        return (try XMLRPCParser.response(reply.body), reply.cookies.first?.value)
    }

    func send(_ body: [UInt8], type: String = "text/xml", session: String? = nil) async -> RouteReply {
        var headers = [(name: "content-type", value: type)]
        if let session { headers.append((name: "cookie", value: "a=b; sessid=\(session)")) }
        let request = RouteCall(token: "t1", method: "POST", path: "/zentific/RPC2", headers: headers, body: body)
        return await endpoint.answer(request, host)
    }

    /// The value that a call returns, made by the administrator.
    func value(_ method: String, _ parameters: XMLRPCValue..., session: String = admin) async throws -> XMLRPCValue {
        switch try await call(method, parameters, session: session).response {
        case .value(let value): return value
        case .fault(let fault): throw fault
        }
    }

    /// The fault that a call answers with.
    func fault(
        _ method: String, _ parameters: XMLRPCValue..., session: String? = admin
    ) async throws -> XMLRPCFault? {
        if case .fault(let fault) = try await call(method, parameters, session: session).response { return fault }
        return nil
    }

    private static func standard(_ method: String, _ parameters: [String: JSONValue]) throws -> JSONValue {
        switch method {
        case "session.resume":
            switch parameters["secret"]?.stringValue {
            case admin: return ["user": user("root", "superUser"), "session": [:]]
            case reader: return ["user": user("reader", "none"), "session": [:]]
            case stale: throw GatehouseError(.expired, "The session has ended; log in again.")
            default: throw GatehouseError(.unauthenticated, "There is no such session; log in.")
            }
        case "session.login":
            guard parameters["password"] == "right" else { throw GatehouseError(.unauthenticated, "Wrong.") }
            return ["user": user("root", "superUser"), "session": [:], "secret": .string(admin)]
        case "session.logout", "plugin.modify", "setting.set": return [:]
        case "setting.get":
            guard parameters["name"] == "statRetention" else { throw GatehouseError(.forbidden, "Only a superuser.") }
            return ["setting": ["name": "statRetention", "value": 25, "level": 5]]
        case "plugin.show": return ["plugin": ["parts": ["rpc", "poller"]]]
        case "plugin.list":
            return [
                "plugins": [
                    plugin("nodes", frontend: true), plugin("off", enabled: false, frontend: true), plugin("rpc"),
                ]
            ]
        case "machine.list":
            let all = [machine(one, "running"), machine(two, "off"), machine(one, "off", duplicate: true)]
            let search = parameters["search"]?.stringValue ?? ""
            return ["machines": .array(all.filter { $0["id"]?.stringValue?.hasPrefix(search) ?? false })]
        case "machine.show":
            guard let id = parameters["machine"]?.stringValue, [one, two].contains(id) else {
                throw GatehouseError.machineNotFound
            }
            return ["machine": machine(id, id == one ? "running" : "off")]
        case "machine.stats": return stats
        case "node.list": return ["nodes": [["id": 7, "name": "kvm1"]]]
        case "node.show": return ["node": ["id": 7, "name": "kvm1"]]
        default: throw GatehouseError(.methodNotFound, "There is no method \(method).")
        }
    }

    static func user(_ name: String, _ level: String) -> JSONValue {
        [
            "id": 3, "name": .string(name), "givenName": "Ada", "email": "a@b.example", "level": .string(level),
            "active": true, "language": "en",
        ]
    }

    static func plugin(_ name: String, enabled: Bool = true, frontend: Bool = false) -> JSONValue {
        [
            "name": .string(name), "description": "A plugin.", "enabled": .bool(enabled), "rpc": .bool(!frontend),
            "frontend": .bool(frontend), "scheduler": false, "poller": false,
        ]
    }

    static func machine(_ id: String, _ state: String, duplicate: Bool = false) -> JSONValue {
        [
            "id": .string(duplicate ? "\(id)@kvm2" : id), "uuid": .string(id), "name": .string("vm\(id.suffix(1))"),
            "node": "kvm1", "state": .string(state), "since": "2026-11-21T10:00:00.000Z",
            "duplicate": .bool(duplicate), "vcpus": 2, "memoryKiB": 1_048_576, "maxMemoryKiB": 2_097_152,
            "osType": "hvm",
            "disks": [
                ["target": "vda", "device": "disk", "source": "/srv/a.qcow2", "format": "qcow2", "readOnly": false],
                ["target": "sda", "device": "cdrom", "source": nil, "readOnly": true],
            ],
            "interfaces": [
                ["mac": "52:54:00:00:00:01", "type": "bridge", "source": "br0", "model": "virtio", "target": "vnet0"]
            ],
        ]
    }

    static let stats: JSONValue = [
        "cpuPercent": .double(12.5), "cpuNanoseconds": 2_500_000_000,
        "disks": [
            ["target": "vda", "readRequests": 11, "writeRequests": 22, "capacityBytes": 10_240, "allocatedBytes": 4096]
        ],
        "interfaces": [
            [
                "target": "vnet0", "receivedBytes": 1000, "sentBytes": 2000, "receivedPackets": 10, "sentPackets": 20,
                "receiveErrors": 1, "sendErrors": 2, "receiveDrops": 3, "sendDrops": 4,
            ]
        ],
    ]
}
