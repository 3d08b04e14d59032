// SPDX-License-Identifier: Apache-2.0

import PluginKit
import ZentificPlugin

try await ZentificPlugin.make().run()
