// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import TestSupport
import Testing

/// The machine of libvirt's test driver.
struct TestDriverMachine {
    let id: String

    init(_ client: APIClient) async throws {
        var found: JSONValue?
        try await eventually("the node is there") {
            found = try await client.call("machine.list", ["node": "test"])["machines"]?.arrayValue?.first
            return found != nil
        }
        id = try #require(found?["id"]?.stringValue)
    }

    /// Does something to it; the machine afterwards.
    @discardableResult
    func perform(_ operation: String, _ client: APIClient) async throws -> JSONValue? {
        try await client.call("machine.\(operation)", ["machine": .string(id)])["machine"]
    }
}

extension SharedGatewayTests {
    /// Events as the pages get them.
    @Suite struct EventTests {
        @Test func `the first event says that the stream is ready`() async throws {
            let admin = try await Gateway.current.admin()
            func listeners() async throws -> Substring? {
                let page = try await admin.exchange(WireRequest("GET", "/metrics", headers: admin.headers)).text
                return page.split(separator: "\n").first { $0.hasPrefix("gatehouse_event_listeners ") }
            }
            // Parts of the host listen too.
            let before = try await listeners()
            let events = try await admin.events()
            #expect(try await listeners() != before)
            #expect(events.answer.status == 200)
            #expect(events.answer["content-type"] == "text/event-stream")
            #expect(events.answer["cache-control"] == "no-store")
            let event = try #require(try await events.next())
            #expect(event.topic == "ready")
            #expect(event.data.contains("serverTime"))
            await events.connection.close()
            let machine = try Gateway.current.machine()
            try await eventually("the listener is gone") {
                // The host notices when it has something to say.
                try await admin.call(
                    "machine.setNotes", ["machine": .string(machine.id), "notes": .string("\(ContinuousClock.now)")])
                return try await listeners() == before
            }
        }

        @Test func `what happens to a machine of libvirt's test driver is told`() async throws {
            let admin = try await Gateway.current.admin()
            let machine = try await TestDriverMachine(admin)
            let events = try await admin.events()
            _ = try await events.next("ready")
            for (operation, state) in [
                ("pause", "paused"), ("resume", "running"), ("powerOff", "off"), ("start", "running"),
            ] {
                #expect(try await machine.perform(operation, admin)?["state"] == .string(state), "\(operation)")
                var seen: JSONValue?
                while seen?["state"] != .string(state) {
                    let event = try await events.next("machine.changed")
                    seen = try JSONParser.parse(event.data)["machine"]
                    #expect(seen?["id"] == .string(machine.id))
                }
            }
            await events.connection.close()
        }

        @Test func `an operation that does not fit the state is refused`() async throws {
            let admin = try await Gateway.current.admin()
            let machine = try await TestDriverMachine(admin)
            let error = await expect(.conflict) { try await machine.perform("start", admin) }
            #expect(error?.message.contains("running") == true)
        }

        @Test func `a console that opens and closes is told`() async throws {
            let gateway = try Gateway.current
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let events = try await admin.events()
            _ = try await events.next("ready")
            let socket = try await admin.console(machine)
            await socket.connection.close()
            var locks: [JSONValue?] = []
            while locks.last??.isNull != true {
                let data = try JSONParser.parse(try await events.next("console.changed").data)
                guard data["machine"] == .string(machine.id) else { continue }
                #expect(data["type"] == "text")
                locks.append(data["lock"])
            }
            #expect(locks.contains { $0?["connected"] == true })
            #expect(locks.contains { $0?["holder"] == "admin" })
            await events.connection.close()
        }
    }
}

/// A listener that does not keep up.
@Suite struct SlowListenerTests {
    @Test func `a listener that falls behind is told so and cut off, and harms nobody`() async throws {
        try await withGateway(GatewaySettings(limits: ["eventBacklog": 10, "batchSize": 100])) { gateway in
            let admin = try await gateway.admin()
            let machine = try gateway.machine()
            let slow = try await admin.events(receiveBuffer: 4096)
            _ = try await slow.next("ready")
            try await slow.connection.setReading(false)
            let notes = String(repeating: "n", count: 9990)
            for round in 0..<8 {
                let calls = (0..<80).map { number in
                    RPCRequest(
                        method: "machine.setNotes",
                        parameters: [
                            "machine": .string(machine.id), "notes": .string("\(notes)\(round * 80 + number)"),
                        ],
                        id: 1
                    ).json
                }
                let answer = try await admin.post(JSONWriter.bytes(.array(calls)))
                #expect(answer.status == 200)
            }
            try await slow.connection.setReading(true)
            let event = try await slow.next("events.dropped", within: .seconds(20))
            #expect(event.data.contains("reason"))
            #expect(try await slow.next() == nil)
            // A new listener starts anew.
            let fresh = try await admin.events()
            _ = try await fresh.next("ready")
            await fresh.connection.close()
        }
    }
}
