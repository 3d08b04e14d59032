// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import HostSystem
import Logging
import Model
import PluginProtocol

extension PluginHost {
    /// Brings a plugin to where its switches want it; the caller has its turn.
    ///
    /// When it returns, what is switched off is gone; what is switched on was started.
    func converge(_ slot: PluginSlot) async {
        guard !isStopping else { return }
        guard slot.switches.enabled else { return await switchOff(slot) }
        if slot.candidate == nil {
            pendingLoads += 1
            defer { pendingLoads -= 1 }
            do {
                slot.candidate = try await load(slot)
            } catch {
                _ = slot.supervisor.refuse((error as? GatehouseError)?.message ?? String(describing: error))
                return tell(slot)
            }
        }
        perform(slot.supervisor.switchOn(), slot)
        tell(slot, isChanged: true)
    }

    /// Ends a plugin's process, with time to finish, and returns when nothing of it is left.
    func switchOff(_ slot: PluginSlot) async {
        slot.pause += 1
        let instance = slot.instance
        slot.instance = nil
        _ = slot.supervisor.switchOff()
        tell(slot, isChanged: true)
        slot.access.current = nil
        if let instance { await retire(instance, within: slot.row.timeouts.shutdown) }
        slot.candidate = nil
        slot.reloadError = nil
        await removeUnusedCopies()
    }

    /// Lets a process finish its requests, then ends it.
    func retire(_ instance: PluginInstance, within grace: Duration) async {
        let clock = ContinuousClock()
        let deadline = clock.now + grace
        // A part of the time is kept for the plugin's own end.
        await instance.drain(atMost: grace / 2)
        await instance.process.end(within: max(.zero, clock.now.duration(to: deadline)))
    }

    /// Carries out what the supervisor wants.
    func perform(_ step: Supervisor.Step, _ slot: PluginSlot) {
        slot.pause += 1
        switch step {
        case .nothing: break
        case .start: start(slot)
        case .startAfter(let pause):
            let number = slot.pause
            let name = slot.name
            spawn {
                try? await Task.sleep(for: pause)
                await self.endPause(of: name, number)
            }
        case .end, .kill: slot.instance?.process.kill()
        }
    }

    private func endPause(of name: String, _ number: Int) {
        guard let slot = slots[name], slot.pause == number, !isStopping else { return }
        perform(slot.supervisor.endPause(), slot)
        tell(slot)
    }

    private func start(_ slot: PluginSlot) {
        guard let candidate = slot.candidate, !isStopping else { return }
        guard candidate.manifest.command != nil else { return slot.supervisor.becomeHealthy(at: .now) }
        do {
            let greeting = try greeting(for: slot, candidate)
            let instance = try makeInstance(slot, candidate)
            slot.instance = instance
            slot.access.current = instance
            let name = slot.name
            spawn { await self.accompany(instance, greeting) { await self.ready(name, instance, $0) } }
        } catch {
            _ = slot.supervisor.refuse((error as? GatehouseError)?.message ?? String(describing: error))
        }
    }

    /// A process that is ready to be started.
    func makeInstance(_ slot: PluginSlot, _ candidate: PluginCandidate) throws -> PluginInstance {
        var launch = PluginLaunch(
            candidate: candidate, launcher: settings.launcher,
            dataFolder: "\(settings.dataDirectory)/plugins/data/\(slot.name)",
            sandbox: isSandboxed(slot) ? Sandbox(hidden: settings.hidden) : nil)
        launch.hasNetwork = slot.granted.contains(Permission.network.name)
        launch.limits = slot.row.limits
        let process = try PluginProcess(launch, log: slot.access.log)
        guard (try? OpenDescriptor.file(at: settings.launcher)) != nil else {
            throw GatehouseError(
                .notFound, "\(settings.launcher), which starts plugins, is not there. Install Gatehouse again.")
        }
        guard !isStopping else { throw GatehouseError(.conflict, "The host is stopping; try again later.") }
        let instance = PluginInstance(process: process, candidate: candidate, access: slot.access)
        instances[ObjectIdentifier(instance)] = instance
        return instance
    }

    /// What a plugin is told at its start.
    func greeting(for slot: PluginSlot, _ candidate: PluginCandidate) throws -> PluginProcess.Greeting {
        PluginProcess.Greeting(
            hostVersion: settings.hostVersion, configuration: try candidate.manifest.configured(slot.row.configuration),
            parts: PluginPart.allCases.filter(slot.activeParts.contains))
    }

    /// A process answered `initialize`, or did not.
    private func ready(_ name: String, _ instance: PluginInstance, _ outcome: Result<Void, GatehouseError>) {
        guard let slot = slots[name], slot.instance === instance else { return instance.process.kill() }
        switch outcome {
        case .success:
            slot.supervisor.becomeHealthy(at: .now)
            tellParts(slot, instance)
        case .failure(let error) where error.code == .unsupported:
            _ = slot.supervisor.refuse(error.message)
            slot.instance = nil
            instance.process.kill()
        case .failure(let error):
            if instance.process.connection.isOpen { instance.fault = error.message }
            instance.process.kill()
        }
        tell(slot)
    }

    /// Tells a process which parts are on, if that changed while it started.
    private func tellParts(_ slot: PluginSlot, _ instance: PluginInstance) {
        let parts = PluginPart.allCases.filter(slot.activeParts.contains)
        guard parts != instance.toldParts else { return }
        instance.toldParts = parts
        spawn { [timeouts = slot.row.timeouts] in
            _ = try? await instance.process.connection.call(PartsChangedCall(parts: parts), within: timeouts.call)
        }
    }

    /// A process is gone.
    func ended(_ name: String, _ instance: PluginInstance, _ how: String) {
        instances[ObjectIdentifier(instance)] = nil
        instance.access.log.note(how)
        guard let slot = slots[name] else { return }
        guard slot.instance === instance else { return }
        slot.instance = nil
        if slot.access.current === instance { slot.access.current = nil }
        guard !isStopping else { return }
        let reason: String
        if instance.process.connection.hasBrokenContract, let failure = instance.process.connection.failure {
            _ = slot.supervisor.refuse(failure.message)
            reason = failure.message
        } else {
            let isStarting = slot.supervisor.state == .starting
            reason = instance.fault ?? (isStarting ? "\(how) It had not answered initialize." : how)
            perform(slot.supervisor.processEnded(reason, at: .now, jitter: .random(in: 0..<1)), slot)
        }
        logger.warning("a plugin's process ended", metadata: ["plugin": "\(name)", "reason": "\(reason)"])
        tell(slot)
    }

    /// A ping was answered, late where that is given, or missed.
    func pinged(_ name: String, _ instance: PluginInstance, isAlive: Bool, slowly: Duration? = nil) {
        guard let slot = slots[name], slot.instance === instance else { return }
        if isAlive {
            slot.supervisor.answered(slowly: slowly)
        } else if slot.supervisor.missedPing() == .kill {
            instance.fault = slot.supervisor.error
            instance.process.kill()
        }
        tell(slot)
    }

    /// Lets everybody know where a plugin stands, if that changed.
    func tell(_ slot: PluginSlot, isChanged: Bool = false) {
        let state = slot.supervisor.state
        guard state != slot.toldState || isChanged else { return }
        if state != slot.toldState {
            slot.since = Date()
            slot.access.log.note("It is \(state.rawValue).\(slot.supervisor.error.map { " \($0)" } ?? "")")
        }
        slot.toldState = state
        publish()
        setGate(slot)
        let name = slot.name
        core?.pluginChanged(name)
    }

    private func setGate(_ slot: PluginSlot) {
        let gate = slot.access.gate
        guard slot.activeParts.contains(.rpc) else { return gate.close(Self.switchedOff(slot.name)) }
        switch slot.supervisor.state {
        case .disabled: gate.close(Self.switchedOff(slot.name))
        case .failed:
            gate.close(
                GatehouseError(
                    .pluginFailed, "The plugin \(slot.name) has failed and must be mended by an administrator."))
        case .starting, .backoff: gate.pend()
        case .healthy, .degraded: if let instance = slot.instance { gate.open(to: instance) }
        }
    }

    private static func switchedOff(_ name: String) -> GatehouseError {
        GatehouseError(.notFound, "The plugin \(name) is switched off.")
    }
}
