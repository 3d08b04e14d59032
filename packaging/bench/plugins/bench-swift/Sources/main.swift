// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit

var plugin = Plugin(version: "1.0.0")

plugin.onRequest { _, host in .json(try await host.call("node.list")) }

try await plugin.run()
