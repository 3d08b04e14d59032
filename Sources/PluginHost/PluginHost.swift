// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Logging
package import Model
import PluginProtocol
import ServiceLifecycle
import Synchronization

/// The plugins of this host: what is there, what runs, and who answers which path.
///
/// The actor holds the table; requests, the plugins' own calls and events go around it, through what is kept for
/// them behind locks.
package actor PluginHost: Service {
    typealias Job = @Sendable () async -> Void

    let settings: PluginHostSettings
    let repository: any SettingRepository
    let logger: Logger
    let store: PluginStore
    let routing = RoutingTable()
    /// What is wrong with plugins' own ports.
    let listenerProblems = Mutex<[PluginListener: String]>([:])
    private let dispatcher = Mutex<(any CoreDispatcher)?>(nil)
    let begun = Latch()
    let jobs: AsyncStream<Job>
    let jobQueue: AsyncStream<Job>.Continuation
    var slots: [String: PluginSlot] = [:]
    var sandboxAvailability = SandboxAvailability.unavailable(reason: "It was not looked for yet.")
    /// Every process that is not gone yet.
    var instances: [ObjectIdentifier: PluginInstance] = [:]
    /// How many copies were made that no slot has yet.
    var pendingLoads = 0
    var isRunning = false
    var isStopping = false
    let reloadTurn = Turn()

    /// Makes a host that runs nothing yet.
    package init(settings: PluginHostSettings, repository: any SettingRepository, logger: Logger) {
        self.settings = settings
        self.repository = repository
        self.logger = logger
        store = PluginStore(folder: "\(settings.dataDirectory)/plugins/store")
        (jobs, jobQueue) = AsyncStream.makeStream(of: Job.self)
    }

    /// Gives it the core, which plugins call; once, before it runs.
    package nonisolated func attach(_ dispatcher: any CoreDispatcher) { self.dispatcher.withLock { $0 = dispatcher } }

    /// The core, once it was given.
    nonisolated var core: (any CoreDispatcher)? { dispatcher.withLock { $0 } }

    /// Starts what is on, and ends every process at shutdown.
    package func run() async throws {
        isRunning = true
        let stop = Latch()
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask(name: "plugins: start") { await self.begin() }
                group.addTask(name: "plugins: stop") {
                    await stop.wait()
                    await self.stopEverything()
                }
                for await job in jobs { group.addTask { await job() } }
                // A cancelled task hears nothing of the jobs any more; what they started ends all the same.
                stop.open()
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            stop.open()
        }
    }

    /// Has something done that nobody waits for; the host's run owns it.
    nonisolated func spawn(_ job: @escaping Job) { jobQueue.yield(job) }

    private func begin() async {
        do {
            let store = store
            try await Blocking.run { try store.reset() }
        } catch {
            logger.error("the folder of the plugins can not be made", metadata: ["error": "\(error)"])
        }
        sandboxAvailability = await Sandbox.probe()
        if case .unavailable(let reason) = sandboxAvailability {
            logger.notice("plugins run without a sandbox", metadata: ["reason": "\(reason)"])
        }
        await scan()
        await readChanges()
        spawn { await self.hearEvents() }
        await withDiscardingTaskGroup { group in
            for name in slots.keys { group.addTask { await self.settle(name) } }
        }
        begun.open()
    }

    /// Carries out what is wanted of a plugin, in its turn.
    func settle(_ name: String) async {
        guard let slot = slots[name] else { return }
        await slot.turn.take()
        await converge(slot)
        slot.turn.pass()
    }

    private func readChanges() async {
        do {
            for (name, value) in try await repository.settings() {
                guard name.hasPrefix(StoredChange.prefix) else { continue }
                slots[String(name.dropFirst(StoredChange.prefix.count))]?.change = StoredChange.change(value)
            }
        } catch is CancellationError {
            // The host stops before it has begun.
        } catch {
            logger.error("changes to plugins can not be read", metadata: ["error": "\(error)"])
        }
    }

    private func stopEverything() async {
        isStopping = true
        await withDiscardingTaskGroup { group in
            for slot in slots.values {
                slot.pause += 1
                slot.instance = nil
                _ = slot.supervisor.switchOff()
                slot.access.gate.close(
                    GatehouseError(.pluginFailed, "The plugin \(slot.name) was ended because the host is stopping."))
            }
            for instance in instances.values {
                group.addTask { await instance.process.end(within: instance.access.timeouts.shutdown) }
            }
        }
        routing.close()
        begun.open()
        jobQueue.finish()
    }
}
