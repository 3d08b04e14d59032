// SPDX-License-Identifier: Apache-2.0

/// What came of a call that was made for somebody else.
package struct DispatchResult: Sendable {
    /// What the method returned.
    package var value: JSONValue
    /// Who the caller is from now on, where the call logged him in or out; nil where nothing changed.
    package var principal: Principal?
    /// Under whose rights the work that the call handed out is to be done; nil where it handed out none.
    package var work: Principal?

    /// Makes a result.
    package init(value: JSONValue, principal: Principal? = nil, work: Principal? = nil) {
        self.value = value
        self.principal = principal
        self.work = work
    }
}

/// An event as a plugin hears it.
package struct PluginEvent: Sendable, Equatable {
    /// What it is about, such as `machine.changed`.
    package var topic: String
    /// What it says.
    package var data: JSONValue

    /// Makes an event.
    package init(topic: String, data: JSONValue) {
        self.topic = topic
        self.data = data
    }
}

/// The core, as the plugin host reaches it.
package protocol CoreDispatcher: Sendable {
    /// Calls a core method for a plugin, or for a user behind it.
    ///
    /// - Throws: a `GatehouseError` only.
    func call(_ method: String, _ parameters: [String: JSONValue], as principal: Principal) async throws
        -> DispatchResult
    /// Everything that happens, as plugins may hear it; ends early where the listener falls behind.
    func events() throws -> AsyncStream<PluginEvent>
    /// Tells everybody that something about a plugin has changed.
    func pluginChanged(_ name: String)
}
