// SPDX-License-Identifier: Apache-2.0

package import PluginKit

/// The plugin: carries out the jobs of the core's ledger.
package enum SchedulerPlugin {
    /// The plugin, ready to run.
    package static func make() -> Plugin {
        let scheduler = Scheduler()
        var plugin = Plugin()
        plugin.onStart { host in await scheduler.run(host) }
        plugin.onEvent("job.ready") { _, _ in await scheduler.wake() }
        plugin.onJobCancel { job in await scheduler.cancel(job) }
        plugin.onConfigure { configuration in await scheduler.configure(configuration) }
        plugin.onParts { parts in await scheduler.setParts(parts) }
        return plugin
    }
}
