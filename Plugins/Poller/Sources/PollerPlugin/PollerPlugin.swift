// SPDX-License-Identifier: Apache-2.0

package import PluginKit

/// The plugin: samples of every node, on the host's period.
package enum PollerPlugin {
    /// The plugin, ready to run.
    package static func make() -> Plugin {
        let poller = Poller()
        var plugin = Plugin()
        plugin.onStart { host in await poller.run(host) }
        plugin.onPoll("sample") { host in try await poller.turn(host) }
        return plugin
    }
}
