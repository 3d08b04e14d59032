// SPDX-License-Identifier: Apache-2.0

package import PluginKit

/// The plugin: Zentific's RPC API, translated to the core's methods.
package enum ZentificPlugin {
    /// The plugin, ready to run.
    package static func make() -> Plugin {
        let endpoint = ZentificEndpoint()
        var plugin = Plugin()
        plugin.onRequest { request, host in await endpoint.answer(request, host) }
        return plugin
    }
}
