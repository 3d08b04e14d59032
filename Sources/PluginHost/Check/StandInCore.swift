// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol
import Synchronization

/// Answers a plugin's calls while it is checked, for there is no core behind the check: lists are empty, nobody is
/// logged in, and all else is refused.
final class StandInCore: Sendable {
    private static let samples: [String: JSONValue] = [
        "alert.list": ["alerts": [], "more": false, "unacknowledged": 0], "event.topics": ["topics": []],
        "job.claim": ["job": nil], "job.list": ["jobs": [], "more": false, "scheduler": "on"],
        "machine.list": ["machines": []], "node.list": ["nodes": []], "plugin.list": ["plugins": []],
        "plugin.pages": ["pages": []], "threshold.list": ["thresholds": []],
    ]

    private struct State {
        var methods: Set<String> = []
        var unasked: Set<String> = []
    }

    private let permissions: [Permission]
    private let state = Mutex(State())

    init(_ manifest: Manifest) { permissions = manifest.permissions.map { Permission($0) } }

    /// The methods that the plugin called.
    var methods: [String] { state.withLock(\.methods).sorted() }

    /// Those that it called as itself, though its manifest does not ask for them.
    var unasked: [String] { state.withLock(\.unasked).sorted() }

    /// Answers a call.
    func answer(_ method: String, _ parameters: [String: JSONValue]) -> Result<JSONValue, GatehouseError> {
        let isItself = parameters["callToken"] == nil
        let isAsked = permissions.contains { $0.covers(method: method) }
        state.withLock { state in
            state.methods.insert(method)
            if isItself, !isAsked { state.unasked.insert(method) }
        }
        guard isItself else {
            return .failure(
                GatehouseError(.unauthenticated, "This is a check without a core: nobody is logged in, or can be."))
        }
        guard isAsked else {
            return .failure(GatehouseError(.forbidden, "The manifest does not ask for the permission \(method)."))
        }
        guard let sample = Self.samples[method] else {
            return .failure(
                GatehouseError(.forbidden, "This is a check without a core: \(method) is refused, whatever it says."))
        }
        return .success(sample)
    }
}
