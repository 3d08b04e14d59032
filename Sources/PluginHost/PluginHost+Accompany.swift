// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import Model
import PluginProtocol

extension PluginHost {
    /// Is with a process from its start until nothing of it is left: first call, its calls, pings and polls.
    nonisolated func accompany(
        _ instance: PluginInstance, _ greeting: PluginProcess.Greeting,
        ready: @escaping @Sendable (Result<Void, GatehouseError>) async -> Void
    ) async {
        let name = instance.access.name
        let process = instance.process
        instance.toldParts = greeting.parts
        await withDiscardingTaskGroup { group in
            group.addTask(name: "plugin \(name): calls", executorPreference: process.connection.thread) {
                await instance.serve(self.core)
            }
            group.addTask(name: "plugin \(name): work") {
                do {
                    try await process.initialize(greeting, within: instance.access.timeouts.start)
                } catch {
                    let failure = error as? GatehouseError
                    return await ready(
                        .failure(failure ?? GatehouseError(.pluginFailed, "The start was given up.")))
                }
                await ready(.success(()))
                await self.attend(instance)
            }
            let how = await process.run()
            group.cancelAll()
            await self.ended(name, instance, how)
        }
    }

    private nonisolated func attend(_ instance: PluginInstance) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.ping(instance) }
            for poll in instance.candidate.manifest.polls { group.addTask { await self.tick(poll, instance) } }
        }
    }

    private nonisolated func ping(_ instance: PluginInstance) async {
        let period = instance.access.timeouts.ping
        let connection = instance.process.connection
        while (try? await Task.sleep(for: period)) != nil, connection.isOpen {
            let asked = ContinuousClock.now
            let answer = try? await connection.request(PingCall.method, [:], within: period)
            // Whatever the plugin says meanwhile is a sign of life: it may be busy with something long.
            let isAlive = answer != nil || connection.lastArrival > asked
            guard connection.isOpen, !Task.isCancelled else { return }
            let took = asked.duration(to: .now)
            await pinged(instance.access.name, instance, isAlive: isAlive, slowly: took > period / 5 ? took : nil)
        }
    }

    /// Runs a poll on its period; a round that is due while the one before is under way is left out.
    private nonisolated func tick(_ poll: Manifest.Poll, _ instance: PluginInstance) async {
        let clock = ContinuousClock()
        let period = Duration.seconds(poll.seconds)
        let access = instance.access
        var due = clock.now
        while (try? await clock.sleep(until: due)) != nil, instance.process.connection.isOpen {
            if access.parts.contains(.poller), access.current === instance {
                let call = PollCall(poll: poll.name, at: Date().formatted(.iso8601))
                do {
                    _ = try await instance.process.connection.call(call, within: access.timeouts.poll)
                } catch let error as GatehouseError {
                    if instance.process.connection.isOpen {
                        access.log.note("The poll \(poll.name) failed: \(error.message)")
                    }
                } catch {
                    return
                }
            }
            repeat { due += period } while due <= clock.now
        }
    }

    /// Forwards what happens to those plugins that may hear it, until the host stops.
    nonisolated func hearEvents() async {
        guard let core else { return }
        var hasMissed = false
        while !Task.isCancelled {
            if let events = try? core.events() {
                for await event in events {
                    // Said only once there are events again: those that end with the core end for good.
                    if hasMissed { logger.warning("the plugins fell behind the events; some were not forwarded") }
                    hasMissed = false
                    forward(event)
                }
            }
            hasMissed = true
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private nonisolated func forward(_ event: PluginEvent) {
        let routing = routing.routing
        for (name, access) in routing.access {
            guard let instance = access.current else { continue }
            if event.topic == "job.cancel" {
                guard access.parts.contains(.scheduler), let job = event.data["job"] else { continue }
                instance.hear(JobCancelNotice.method, ["job": job])
            } else if routing.topics[name]?.contains(event.topic) == true, access.mayHear(event.topic) {
                instance.hear(EventNotice.method, ["topic": .string(event.topic), "data": event.data])
            }
        }
    }
}
