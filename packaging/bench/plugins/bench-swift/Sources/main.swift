// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit

var plugin = Plugin(version: "1.0.0")

plugin.onRequest { call, host in
    // It is ended before it answers.
    if call.path.hasSuffix("/wait") { try await Task.sleep(for: .seconds(60)) }
    return .json(try await host.call("node.list"))
}

try await plugin.run()
