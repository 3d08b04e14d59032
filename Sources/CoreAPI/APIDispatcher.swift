// SPDX-License-Identifier: Apache-2.0

import Core
package import Model

extension CoreAPI {
    /// The core as the plugin host reaches it.
    package var dispatcher: any CoreDispatcher { APIDispatcher(api: self) }
}

/// Calls core methods for plugins and for the clients behind them.
struct APIDispatcher: CoreDispatcher {
    let api: CoreAPI

    func call(
        _ method: String, _ parameters: [String: JSONValue], as principal: Principal
    ) async throws -> DispatchResult {
        let effects = SessionEffects()
        let value = try await api.call(method, parameters, principal: principal, effects: effects)
        switch effects.last {
        case .began(_, let session):
            let known = Principal(
                identity: .session(session), user: api.core.access.user(session.user), address: principal.address,
                userAgent: principal.userAgent, plugin: principal.plugin)
            return DispatchResult(value: value, principal: known)
        case .became(let known): return DispatchResult(value: value, principal: known)
        case .ended:
            let stranger = Principal(
                identity: .anonymous, address: principal.address, userAgent: principal.userAgent,
                plugin: principal.plugin)
            return DispatchResult(value: value, principal: stranger)
        case .work(let work): return DispatchResult(value: value, work: work)
        case nil: return DispatchResult(value: value)
        }
    }

    func events() throws -> AsyncStream<PluginEvent> {
        let subscription = try api.core.bus.subscribe()
        let everything = Principal(
            identity: .plugin(PluginIdentity(name: "host", permissions: ["*"])), address: "local")
        return AsyncStream {
            var events = subscription.events.makeAsyncIterator()
            while let event = await events.next() {
                guard let rendered = await api.render(event, for: everything) else { continue }
                return PluginEvent(topic: rendered.topic, data: rendered.data)
            }
            return nil
        } onCancel: {
            api.core.bus.unsubscribe(subscription.id)
        }
    }

    func pluginChanged(_ name: String) { api.core.bus.publish(.pluginChanged(name)) }
}
