// SPDX-License-Identifier: Apache-2.0

import PluginKit
import SchedulerPlugin

try await SchedulerPlugin.make().run()
