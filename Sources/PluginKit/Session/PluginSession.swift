// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model
import PluginProtocol

/// One conversation with the host: reads what it says, has the plugin's code do it, and answers.
struct PluginSession {
    private typealias EventQueue = AsyncStream<EventNotice>.Continuation

    /// Events that may wait for the plugin's code; beyond that the oldest are dropped.
    private static let mostEvents = 4_096

    private let plugin: Plugin
    private let link: any HostLink
    private let calls: HostCalls
    private let host: Host

    init(plugin: Plugin, link: any HostLink) {
        self.plugin = plugin
        self.link = link
        calls = HostCalls(link: link)
        host = Host(calls)
    }

    /// Ends when the host says so or its end of the link closes, and everything begun has ended.
    func run() async {
        await withTaskExecutorPreference(link.tasks) { await converse() }
    }

    private func converse() async {
        let arrivals = listen()
        let (events, queue) = AsyncStream.makeStream(
            of: EventNotice.self, bufferingPolicy: .bufferingNewest(Self.mostEvents))
        await withDiscardingTaskGroup { group in
            group.addTask(name: "plugin events") { await hear(events) }
            var isReady = false
            reading: for await batch in arrivals {
                for arrival in batch {
                    switch arrival {
                    case .call(let id, let call) where isReady: answer(.int(id), call, &group)
                    case .call(let id, _): refuse(.int(id), HandleCall.method)
                    case .message(.call(let id, ShutdownCall.method, _)):
                        calls.send(.response(id: id, outcome: .success([:])))
                        break reading
                    case .message(.call(let id, InitializeCall.method, let parameters)):
                        isReady = initialize(id, parameters, isReady: isReady, &group) || isReady
                    case .message(.call(let id, let method, let parameters)):
                        answer(id, method, parameters, isReady: isReady, &group)
                    case .message(.notification(let method, let parameters)): note(method, parameters, queue, &group)
                    case .message(.response), .answer, .broken: break
                    }
                }
            }
            queue.finish()
            group.cancelAll()
        }
        await calls.flush()
    }

    /// Has the link's messages; answers to calls of ours go to those who wait, without a detour.
    private func listen() -> AsyncStream<[MessageAssembler.Arrival]> {
        let (arrivals, continuation) = AsyncStream.makeStream(of: [MessageAssembler.Arrival].self)
        let inbox = Inbox(calls: calls, arrivals: continuation)
        link.listen(inbox.take)
        return arrivals
    }

    private func initialize(
        _ id: JSONValue, _ parameters: [String: JSONValue], isReady: Bool, _ group: inout DiscardingTaskGroup
    ) -> Bool {
        do {
            guard !isReady else { throw GatehouseError(.invalidRequest, "initialize was called before.") }
            let call = try InitializeCall(parameters: parameters)
            let version = try call.commonVersion()
            calls.change { facts in
                facts.configuration = .object(call.configuration)
                facts.parts = Set(call.parts.map(\.rawValue))
                facts.dataDirectory = call.dataDirectory
            }
            let answer = InitializeCall.Answer(contractVersion: version, name: call.plugin, version: plugin.version)
            calls.send(.response(id: id, outcome: .success(.object(try answer.parameters()))))
        } catch {
            calls.send(.response(id: id, outcome: .failure(told(error))))
            return false
        }
        guard let start = plugin.start else { return true }
        group.addTask(name: "plugin start") {
            do { try await start(host) } catch  where !(error is CancellationError) { log("start failed", error) } catch
            {}
        }
        return true
    }

    private func answer(
        _ id: JSONValue, _ method: String, _ parameters: [String: JSONValue], isReady: Bool,
        _ group: inout DiscardingTaskGroup
    ) {
        if method == PingCall.method {
            return calls.send(.response(id: id, outcome: .success([:])))
        }
        guard isReady else { return refuse(id, method) }
        if method == HandleCall.method {
            do {
                return answer(id, try HandleCall(parameters: parameters), &group)
            } catch {
                return calls.send(.response(id: id, outcome: .failure(told(error))))
            }
        }
        group.addTask(name: "plugin call") {
            do {
                let result = try await carryOut(method, parameters)
                calls.send(.response(id: id, outcome: .success(result)))
            } catch {
                calls.send(.response(id: id, outcome: .failure(told(error))))
            }
        }
    }

    /// Answers a request.
    private func answer(_ id: JSONValue, _ call: HandleCall, _ group: inout DiscardingTaskGroup) {
        group.addTask(name: "plugin request") {
            do {
                let reply = try await plugin.reply(to: RouteCall(call.request(), token: call.callToken), host: host)
                calls.send(reply.response, to: id)
            } catch {
                calls.send(.response(id: id, outcome: .failure(told(error))))
            }
        }
    }

    private func refuse(_ id: JSONValue, _ method: String) {
        let error = GatehouseError(.invalidRequest, "initialize must come before \(method).")
        calls.send(.response(id: id, outcome: .failure(error)))
    }

    private func carryOut(_ method: String, _ parameters: [String: JSONValue]) async throws -> JSONValue {
        switch method {
        case PollCall.method: try await plugin.poll(PollCall(parameters: parameters).poll, host: host)
        case ConfigureCall.method:
            let configuration = JSONValue.object(try ConfigureCall(parameters: parameters).configuration)
            calls.change { $0.configuration = configuration }
            try await plugin.configure?(configuration)
        case PartsChangedCall.method:
            let parts = try PartsChangedCall(parameters: parameters).parts.map(\.rawValue)
            calls.change { $0.parts = Set(parts) }
            await plugin.parts?(parts)
        default: throw GatehouseError.unknownMethod(method)
        }
        return [:]
    }

    private func note(
        _ method: String, _ parameters: [String: JSONValue], _ queue: EventQueue, _ group: inout DiscardingTaskGroup
    ) {
        do {
            switch method {
            case EventNotice.method: queue.yield(try EventNotice(parameters: parameters))
            case JobCancelNotice.method:
                let job = try JobCancelNotice(parameters: parameters).job
                group.addTask(name: "plugin job cancel") { await plugin.jobCancel?(job) }
            default: break
            }
        } catch {
            log("a notification \(method) can not be read", error)
        }
    }

    private func hear(_ events: AsyncStream<EventNotice>) async {
        for await event in events { await plugin.events[event.topic]?(event.data, host) }
    }

    private func told(_ error: any Error) -> GatehouseError {
        switch error {
        case let error as GatehouseError: return error
        case is CancellationError: return GatehouseError(.pluginFailed, "The plugin is shutting down.")
        default:
            log("a call failed", error)
            return GatehouseError(.internal, "The plugin failed; its log says why.")
        }
    }

    private func log(_ what: String, _ error: any Error) { host.log("\(what): \(error)") }
}
