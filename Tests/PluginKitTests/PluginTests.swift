// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import PluginProtocol
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct PluginTests {
    private struct Odd: Error {}

    @Test func `a plugin answers the handshake, and refuses what it does not speak`() async throws {
        let host = FakeHost()
        await withTaskGroup { group in
            group.addTask { await Plugin(version: "2.1").run(over: host) }
            while !host.isHeard { await Task.yield() }
            await #expect(throws: Never.self) {
                try host.say(FakeHost.handle(id: 5))
                #expect(await host.next().code == .invalidRequest)
                try host.say(FakeHost.initialize(versions: [98, 99]))
                #expect(await host.next().code == .invalidParameters)
                try host.say(FakeHost.initialize(versions: [1, 99]))
                #expect(
                    await host.next().result == ["contractVersion": 1, "name": "hello", "version": "2.1"])
                try host.say(FakeHost.initialize())
                #expect(await host.next().code == .invalidRequest)
                try host.say(ShutdownCall().message(id: 9))
                #expect(await host.next().result == [:])
            }
            await group.waitForAll()
        }
    }

    @Test func `a request reaches the plugin's code whole, and its answer the host`() async throws {
        var plugin = Plugin()
        plugin.onRequest { call, host in
            #expect(call.token == "t2" && call.address == "192.0.2.1" && call.body == [1, 0xFF])
            #expect(call.cookie("sessid") == "two" && call.cookie("a") == "1" && call.cookie("b") == nil)
            #expect(call.header("Cookie") != nil)
            #expect(call.queryValue("name") == "A b&é" && call.queryValue("c") == "" && call.queryValue("d") == nil)
            #expect(host.parts == ["rpc", "poller"] && host.dataDirectory == "/data")
            #expect(host.configuration == ["a": 1])
            var reply = RouteReply.json(["path": .string(call.path)], status: 201)
            reply.cookies = [RouteReply.Cookie(name: "sessid", value: "x", maxAge: 5)]
            return reply
        }
        try await withHost(plugin, configuration: ["a": 1]) { host in
            try host.say(FakeHost.handle(id: 2, query: "x=1&name=A+b%26%C3%A9&c", body: [1, 0xFF]))
            let result = try #require(await host.next().result)
            let response = try HandleAnswer(result: result).response()
            #expect(response.status == 201)
            #expect(String(decoding: response.body, as: UTF8.self) == #"{"path":"/hello"}"#)
            #expect(response.cookies == [RouteCookie(name: "sessid", value: "x", maxAge: 5)])
        }
    }

    @Test func `a big request and a big answer travel in chunks that the plugin's code does not see`() async throws {
        var plugin = Plugin()
        plugin.onRequest { call, _ in .bytes(call.body + call.body, type: "application/octet-stream") }
        try await withHost(plugin) { host in
            let body = [UInt8](repeating: 0x22, count: 1_500_000)
            try host.say(FakeHost.handle(id: 2, body: body))
            let result = try #require(await host.next().result)
            #expect(try HandleAnswer(result: result).response().body.count == 3_000_000)
            #expect(host.longestLine <= 1 << 20)
        }
    }

    @Test func `errors of the plugin's code become answers`() async throws {
        var plugin = Plugin()
        plugin.onRequest { call, _ in
            if call.path == "/hello/a" { throw GatehouseError(.notFound, "Not here.") }
            throw Odd()
        }
        plugin.onConfigure { _ in throw GatehouseError(.invalidParameters, "No.") }
        try await withHost(plugin) { host in
            try host.say(FakeHost.handle(id: 2, path: "/hello/a"))
            #expect(await host.next().code == .notFound)
            try host.say(FakeHost.handle(id: 3, path: "/hello/b"))
            #expect(await host.next().code == .internal)
            try host.say(ConfigureCall(configuration: [:]).message(id: 4))
            #expect(await host.next().code == .invalidParameters)
            try host.say(.call(id: 5, method: "nonsense", parameters: [:]))
            #expect(await host.next().code == .methodNotFound)
            try host.say(PollCall(poll: "none", at: "").message(id: 6))
            #expect(await host.next().code == .notFound)
            try host.say(.call(id: 7, method: "poll.run", parameters: [:]))
            #expect(await host.next().code == .invalidParameters)
            host.say(bytes: Array("nonsense\n".utf8))
            try host.say(.notification(method: "event", parameters: [:]))
            try host.say(.notification(method: "unknown", parameters: [:]))
            try host.say(PingCall().message(id: 8))
            #expect(await host.next().result == [:])
        }
    }

    @Test func `requests run side by side, and each call to the host gets its own answer`() async throws {
        var plugin = Plugin()
        plugin.onRequest { call, host in
            .json(try await host.call("machine.get", ["path": .string(call.path)], token: call.token))
        }
        try await withHost(plugin) { host in
            for id in 2..<66 { try host.say(FakeHost.handle(id: Int64(id), path: "/hello/\(id)")) }
            var calls: [(id: JSONValue, parameters: [String: JSONValue])] = []
            while calls.count < 64, case .call(let id, "machine.get", let parameters) = await host.next() {
                calls.append((id, parameters))
            }
            #expect(Set(calls.compactMap { $0.parameters["callToken"]?.stringValue }).count == 64)
            for call in calls.reversed() {
                try host.say(.response(id: call.id, outcome: .success(call.parameters["path"] ?? nil)))
            }
            for _ in 0..<64 {
                let answer = await host.next()
                let result = try #require(answer.result)
                let body = try HandleAnswer(result: result).response().body
                #expect(String(decoding: body, as: UTF8.self) == "\"/hello/\(answer.id?.intValue ?? 0)\"")
            }
        }
    }

    @Test func `polls, parts, events and cancelled jobs reach the plugin's code; events in order`() async throws {
        let (noted, note) = AsyncStream.makeStream(of: String.self)
        var plugin = Plugin()
        plugin.onPoll("sample") { _ in note.yield("poll") }
        plugin.onParts { note.yield("parts \($0)") }
        plugin.onEvent("machine.changed") { data, _ in note.yield("event \(data["n"]?.intValue ?? 0)") }
        plugin.onJobCancel { note.yield("cancel \($0)") }
        try await withHost(plugin) { host in
            var notes = noted.makeAsyncIterator()
            try host.say(PollCall(poll: "sample", at: "").message(id: 2))
            #expect(await host.next().result == [:])
            #expect(await notes.next() == "poll")
            try host.say(PartsChangedCall(parts: [.rpc]).message(id: 3))
            #expect(await host.next().result == [:])
            #expect(await notes.next() == #"parts ["rpc"]"#)
            try host.say(JobCancelNotice(job: 7).message)
            #expect(await notes.next() == "cancel 7")
            for n in 0..<Int64(50) { try host.say(EventNotice(topic: "machine.changed", data: ["n": .int(n)]).message) }
            for n in 0..<50 { #expect(await notes.next() == "event \(n)") }
        }
    }

    @Test func `what was begun at the start is cancelled at shutdown, and may say its last words`() async throws {
        var plugin = Plugin()
        plugin.onStart { host in
            do {
                _ = try await host.call("job.claim")
            } catch is CancellationError {
                _ = try await host.call("job.finish", ["job": 1])
            }
        }
        let host = FakeHost()
        try await withThrowingTaskGroup { [plugin] group in
            group.addTask { await plugin.run(over: host) }
            while !host.isHeard { await Task.yield() }
            try host.say(FakeHost.initialize())
            _ = await host.next()
            guard case .call(_, "job.claim", _) = await host.next() else {
                Issue.record("no claim")
                return
            }
            try host.say(ShutdownCall().message(id: 2))
            #expect(await host.next().result == [:])
            guard case .call(let id, "job.finish", _) = await host.next() else {
                Issue.record("no last words")
                return
            }
            try host.say(.response(id: id, outcome: .success([:])))
            try await group.waitForAll()
        }
    }

    @Test func `when the host is gone every call fails, those to come too`() async throws {
        let failures = Mutex<[GatehouseError.Code]>([])
        var plugin = Plugin()
        plugin.onStart { host in
            for _ in 0..<2 {
                do {
                    _ = try await host.call("machine.list")
                } catch let error as GatehouseError {
                    failures.withLock { $0.append(error.code) }
                } catch {
                    _ = try? await host.call("machine.list")
                }
            }
        }
        try await withHost(plugin) { host in
            guard case .call = await host.next() else {
                Issue.record("no call")
                return
            }
        }
        #expect(failures.withLock { $0.last } == .pluginFailed)
    }

    @Test func `an answer that is too long for the contract becomes an error that says so`() async throws {
        var plugin = Plugin()
        plugin.onRequest { _, _ in .bytes([UInt8](repeating: 0x78, count: 65 << 20), type: "text/plain") }
        try await withHost(plugin) { host in
            try host.say(FakeHost.handle(id: 2))
            #expect(await host.next().code == .limitExceeded)
        }
    }

    @Test func `a host for tests answers as its closure says`() async throws {
        let host = Host(
            testing: { method, parameters, token in
                [.string(method), .object(parameters), .optional(token)]
            }, configuration: ["a": 1], parts: ["rpc"])
        #expect(try await host.call("m", ["p": 1], token: "t") == ["m", ["p": 1], "t"])
        #expect(host.configuration == ["a": 1] && host.parts == ["rpc"])
        var plugin = Plugin()
        plugin.onRequest { call, host in .json(try await host.call(call.path)) }
        let reply = try await plugin.reply(to: RouteCall(token: "t", path: "/x"), host: host)
        #expect(String(decoding: reply.body, as: UTF8.self) == #"["/x",{},null]"#)
    }
}
