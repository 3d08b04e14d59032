// SPDX-License-Identifier: Apache-2.0

import PluginKit
import PollerPlugin

try await PollerPlugin.make().run()
