// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import PluginProtocol
import TestRandom
import Testing

@Suite struct MessageTests {
    private static func request(_ generator: inout SeededGenerator) -> RouteRequest {
        RouteRequest(
            method: "POST", path: "/hello/x", query: generator.text(length: 5),
            headers: (0..<Int.random(in: 0..<4, using: &generator)).map { ("h\($0)", generator.text(length: 6)) },
            body: (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &generator) ? 127 : 255), using: &generator)
            },
            address: "192.0.2.7", userAgent: "curl", listener: Bool.random(using: &generator) ? "0.0.0.0:4444" : nil,
            isSecure: Bool.random(using: &generator))
    }

    @Test func `a request is written and read by hand as its Codable conformance does it`() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            let request = Self.request(&generator)
            let call = HandleCall(request, callToken: "token")
            var byHand = call.parameters()
            let decoded = try JSONValueDecoder.decode(HandleCall.self, from: .object(byHand))
            #expect(decoded == call)
            #expect(try HandleCall(parameters: byHand) == call)
            // What is nil may stand as null or be left out.
            if byHand["listener"] == .null { byHand["listener"] = nil }
            #expect(try JSONValueEncoder.encode(call) == .object(byHand))
            let message = Message.call(id: 7, method: HandleCall.method, parameters: call.parameters())
            let text = HandleFrame(request).text(id: 7, callToken: "token", body: request.body)
            #expect(text == JSONWriter.bytes(message.json))
            let back = try call.request()
            #expect(back.body == request.body)
            #expect(back.headers.map(\.name) == request.headers.map(\.name))
            #expect(back.listener == request.listener && back.isSecure == request.isSecure)
        }
    }

    @Test func `the short way of reading agrees with the long one, whatever stands there`() throws {
        var generator = SeededGenerator(seed: 11)
        var reader = HandleCallReader()
        for number in 0..<400 {
            let request = Self.request(&generator)
            let call = HandleCall(request, callToken: generator.text(length: 8))
            let callText = HandleFrame(request).text(id: Int64(number), callToken: call.callToken, body: request.body)
            let answer = RouteResponse(
                status: 200, headers: [("a", generator.text(length: 4))],
                cookies: [RouteCookie(name: "b", value: "c", maxAge: number % 2 == 0 ? 60 : nil)],
                body: Self.request(&generator).body)
            for text in [callText, answer.text(id: .int(Int64(number)))] {
                try Self.expectAgreement(text, &reader)
                for _ in 0..<4 {
                    var wrong = text
                    let place = Int.random(in: 0..<wrong.count, using: &generator)
                    wrong[place] = UInt8.random(in: 0...255, using: &generator)
                    try Self.expectAgreement(wrong, &reader)
                    wrong.remove(at: place)
                    try Self.expectAgreement(wrong, &reader)
                    try Self.expectAgreement(Array(text.prefix(place)), &reader)
                }
            }
            // Escapes by number take the long way.
            if callText.firstRange(of: Array("\\u".utf8)) == nil {
                for _ in 0..<2 { #expect(reader.read(callText)?.call == call) }
                // Another body and token, and the rest known already.
                let again = HandleFrame(request).text(id: 5, callToken: "other", body: Array("again".utf8))
                var wanted = call
                (wanted.callToken, wanted.body, wanted.bodyBase64) = ("other", "again", nil)
                #expect(reader.read(again)?.call == wanted)
            }
        }
        #expect(HandleAnswer.read(RouteResponse(body: Array("<a b=\"c\"/>\n".utf8)).text(id: 3))?.id == 3)
    }

    /// Whatever is read the short way, the long one reads alike.
    private static func expectAgreement(_ text: [UInt8], _ reader: inout HandleCallReader) throws {
        if let (id, call) = reader.read(text) {
            guard case .call(.int(id), HandleCall.method, let parameters) = try Message(text: text) else {
                Issue.record("another message: \(String(decoding: text, as: UTF8.self))")
                return
            }
            #expect(try HandleCall(parameters: parameters) == call)
        }
        if let (id, answer) = HandleAnswer.read(text) {
            #expect(try Message(text: text) == .response(id: .int(id), outcome: .success(.object(answer.parameters()))))
        }
    }

    @Test func `an answer is written and read by hand as its Codable conformance does it`() throws {
        let response = RouteResponse(
            status: 404, headers: [("content-type", "text/plain"), ("x-own", "a\tb")],
            cookies: [RouteCookie(name: "sessid", value: "abc", maxAge: 60), RouteCookie(name: "b", value: "")],
            body: [0xFF, 0x00])
        let answer = try HandleAnswer(response)
        #expect(answer.bodyBase64 == "/wA=")
        for response in [response, RouteResponse(body: Array("\"a\"\n".utf8)), RouteResponse(status: 204)] {
            for id in [JSONValue.int(7), .string("a\"b")] {
                let whole = try HandleAnswer(response).parameters()
                let message = Message.response(id: id, outcome: .success(.object(whole)))
                #expect(response.text(id: id) == JSONWriter.bytes(message.json))
            }
        }
        #expect(try JSONValueEncoder.encode(answer) == .object(answer.parameters()))
        #expect(try HandleAnswer(result: .object(answer.parameters())) == answer)
        #expect(try JSONValueDecoder.decode(HandleAnswer.self, from: .object(answer.parameters())) == answer)
        #expect(try answer.response().cookies.map(\.maxAge) == [60, nil])
        #expect(try HandleAnswer(result: ["status": 204]).response().body == [])
    }

    @Test(
        arguments: [
            ["status": 199], ["status": 600], ["status": "200"], [:], ["status": 200, "headers": [["a"]]],
            ["status": 200, "headers": [["a b", "c"]]], ["status": 200, "headers": [["a", "b\r\nset-cookie: x"]]],
            ["status": 200, "headers": [["a", 1]]], ["status": 200, "cookies": [["name": "a;b", "value": "c"]]],
            ["status": 200, "cookies": [["name": "a", "value": "c; domain=x"]]],
            ["status": 200, "cookies": [["name": "a"]]],
            ["status": 200, "body": "a", "bodyBase64": "YQ=="], ["status": 200, "bodyBase64": "%"],
            ["status": 200, "body": 1],
        ] as [JSONValue])
    func `an answer that could not be sent on is refused`(result: JSONValue) {
        #expect(throws: GatehouseError.self) { try HandleAnswer(result: result).response() }
    }

    @Test func `every other message survives its way through JSON`() throws {
        let initialize = InitializeCall(
            hostVersion: "0.1.0", plugin: "hello", configuration: ["a": [1, .double(2.5), nil, true]],
            parts: [.rpc, .poller],
            dataDirectory: "/data")
        #expect(try InitializeCall(parameters: initialize.parameters()) == initialize)
        #expect(initialize.limits.lineBytes == 1_048_576 && initialize.limits.messageBytes == 67_108_864)
        let answer = InitializeCall.Answer(contractVersion: 1, name: "hello", version: "1")
        #expect(try InitializeCall.Answer(result: .object(answer.parameters())) == answer)
        let poll = PollCall(poll: "sample", at: "2026-11-21T10:00:00Z")
        #expect(try PollCall(parameters: poll.parameters()) == poll)
        let configure = ConfigureCall(configuration: ["a": "b"])
        #expect(try ConfigureCall(parameters: configure.parameters()) == configure)
        let parts = PartsChangedCall(parts: [.scheduler])
        #expect(try PartsChangedCall(parameters: parts.parameters()) == parts)
        #expect(try PingCall().parameters() == [:] && ShutdownCall().parameters() == [:])
        let event = EventNotice(topic: "machine.changed", data: ["a": 1])
        #expect(try EventNotice(parameters: event.parameters()) == event)
        #expect(event.message == .notification(method: "event", parameters: try event.parameters()))
        let cancel = JobCancelNotice(job: 1 << 60)
        #expect(try JobCancelNotice(parameters: cancel.parameters()) == cancel)
        let chunk = ChunkNotice(of: "1", number: 2, last: true, text: "x")
        #expect(try JSONValueDecoder.decode(ChunkNotice.self, from: .object(chunk.parameters())) == chunk)
        #expect(try EmptyAnswer(result: ["anything": 1]) == EmptyAnswer())
        #expect(throws: GatehouseError.self) { try EmptyAnswer(result: 1) }
    }

    @Test func `a field that is missing or of another type is named`() {
        #expect(throws: GatehouseError.invalidParameter("poll", "poll is missing.")) { try PollCall(parameters: [:]) }
        #expect(throws: GatehouseError.invalidParameter("job", "job must be a whole number.")) {
            try JobCancelNotice(parameters: ["job": .double(1.5)])
        }
        #expect(throws: GatehouseError.invalidParameter("client.address", "client.address is missing.")) {
            try HandleCall(
                parameters: [
                    "callToken": "t", "method": "GET", "path": "/", "query": "", "headers": [], "secure": true,
                    "client": [:],
                ])
        }
        #expect(throws: GatehouseError.self) { try PartsChangedCall(parameters: ["parts": ["engine"]]) }
    }

    @Test func `the highest common version is chosen, and none is a clear refusal`() throws {
        func version(_ offered: [Int]) throws -> Int {
            try InitializeCall(
                contractVersions: offered, hostVersion: "", plugin: "", configuration: [:], parts: [],
                dataDirectory: ""
            ).commonVersion()
        }
        #expect(try version([1]) == 1)
        #expect(try version([1, 99]) == 1)
        let error = #expect(throws: GatehouseError.self) { try version([99]) }
        #expect(error?.code == .invalidParameters)
        #expect(error?.message.contains("99") == true)
    }

    @Test func `an error without a code word is known by its number`() throws {
        let text = #"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}"#
        #expect(
            try Message(text: Array(text.utf8))
                == .response(id: 1, outcome: .failure(GatehouseError(.methodNotFound, "no"))))
        let error = GatehouseError(.rateLimited, "Wait.", details: ["retryAfter": 3])
        let message = Message.response(id: 1, outcome: .failure(error))
        #expect(try Message(json: message.json) == message)
    }
}
