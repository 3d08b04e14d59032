// SPDX-License-Identifier: Apache-2.0

package import Core
package import Model

/// An event as one caller may see it.
package struct RenderedEvent: Sendable, Equatable {
    /// What it is about.
    package let topic: String
    /// What it says.
    package let data: JSONValue

    /// Makes an event.
    package init(topic: String, data: JSONValue) {
        self.topic = topic
        self.data = data
    }
}

extension CoreAPI {
    /// The event as a caller may see it; nil where it is none of his business.
    package func render(_ event: CoreEvent, for principal: Principal) async -> RenderedEvent? {
        let render = Render(core: core, principal: principal)
        switch event {
        case .machineChanged(let id):
            guard core.access.level(of: principal, on: id).mayView, let machine = await core.inventory.machine(id)
            else { return nil }
            return RenderedEvent(topic: "machine.changed", data: ["machine": await render.machine(machine)])
        case .machineRemoved(let id, let address):
            guard core.access.level(of: principal, on: id).mayView else { return nil }
            return RenderedEvent(topic: "machine.removed", data: ["id": .string(address)])
        case .nodeChanged(let id):
            guard let node = await core.inventory.node(id), await core.maySee(node, principal) else { return nil }
            return RenderedEvent(topic: "node.changed", data: ["node": render.node(node)])
        case .consoleChanged(let id, let type):
            guard core.access.level(of: principal, on: id).mayView, let machine = await core.inventory.machine(id)
            else { return nil }
            let view = await core.consoles.view(ConsoleKey(machine: id, type: type), for: principal)
            return RenderedEvent(
                topic: "console.changed",
                data: [
                    "machine": .string(machine.address.description), "type": .string(type.rawValue),
                    "lock": render.lock(view, machine: machine),
                ])
        case .sessionEnding(let id, let idle):
            guard principal.session?.id == id, let session = await core.sessions.live(id) else { return nil }
            let end = min(core.sessions.idleEnd(of: session), session.expiresAt)
            return RenderedEvent(
                topic: "session.ending",
                data: ["session": .string(id.text), "expiresAt": Render.time(end), "idle": .bool(idle)])
        case .sessionEnded(let id, let reason):
            guard principal.session?.id == id else { return nil }
            return RenderedEvent(
                topic: "session.ended", data: ["session": .string(id.text), "reason": .string(reason)])
        case .usersChanged:
            return core.access.isSuperUser(principal) ? RenderedEvent(topic: "user.changed", data: [:]) : nil
        case .privilegesChanged:
            return RenderedEvent(topic: "privilege.changed", data: [:])
        case .jobChanged(let id):
            guard let job = try? await core.jobs.job(id), core.maySee(job, principal) else { return nil }
            return RenderedEvent(topic: "job.changed", data: ["job": await render.job(job)])
        case .jobReady: return principal.isPlugin ? RenderedEvent(topic: "job.ready", data: [:]) : nil
        case .jobCancel(let id):
            guard principal.isPlugin else { return nil }
            return RenderedEvent(topic: "job.cancel", data: ["job": .int(id.number)])
        case .pluginChanged(let name):
            let status = try? await core.plugins.plugin(named: name)
            let visible = status.flatMap { render.visiblePlugin($0) }
            return RenderedEvent(topic: "plugin.changed", data: ["name": .string(name), "plugin": visible ?? .null])
        case .alertsChanged(let user):
            guard principal.reader == user, let alerts = try? await core.alerts.alerts(of: user) else { return nil }
            return RenderedEvent(
                topic: "alert.changed",
                data: ["unacknowledged": .int(Int64(alerts.count { !$0.isAcknowledged }))])
        case .sampleAdded(let id):
            guard let node = await core.inventory.node(id), await core.maySee(node, principal) else { return nil }
            return RenderedEvent(topic: "sample.added", data: ["node": .string(node.record.name)])
        }
    }
}

extension CoreServices {
    /// Whether a caller may see a node: a superuser, or somebody with a right on it or on one of its machines.
    func maySee(_ node: NodeEntry, _ principal: Principal) async -> Bool {
        if access.isSuperUser(principal) || access.level(of: principal, on: node.record.id).mayView { return true }
        let machines = await inventory.allMachines()
        return machines.contains {
            $0.id.node == node.record.id && access.level(of: principal, on: $0.id).mayView
        }
    }
}
