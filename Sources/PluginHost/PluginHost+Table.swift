// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import PluginProtocol

extension PluginHost {
    /// Looks at the search folders, and has a slot for everything that is declared or found.
    func scan() async {
        let folders = settings.search
        guard let (found, problems) = try? await Blocking.run({ PluginSearch.find(in: folders) }) else { return }
        for problem in problems { logger.warning("\(problem)") }
        for row in settings.rows where slots[row.name] == nil {
            slots[row.name] = PluginSlot(row: row, isDeclared: true)
        }
        for plugin in found where slots[plugin.name] == nil {
            slots[plugin.name] = PluginSlot(row: PluginRow(name: plugin.name), isDeclared: false)
        }
        let byName = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
        for slot in slots.values { slot.found = byName[slot.name] }
    }

    /// Copies a plugin's folder and checks everything that can be checked before it runs.
    ///
    /// - Throws: a `GatehouseError` for people.
    func load(_ slot: PluginSlot) async throws -> PluginCandidate {
        guard let found = slot.found else {
            let places = settings.search.joined(separator: ", ")
            throw GatehouseError(
                .notFound,
                "No folder in \(places.isEmpty ? "plugins.search (which names none)" : places) holds a plugin named "
                    + "\(slot.name). Put it there and reload, or take its row out of the table.")
        }
        let store = store
        let pin = slot.row.digest
        let (candidate, signature) = try await Blocking.run {
            // Looked at first: what changes while it is copied shows up as newer.
            let signature = FoundPlugin.signature(of: found.folder)
            return (try PluginCandidate.load(folder: found.folder, into: store, pin: pin), signature)
        }
        guard candidate.manifest.name == slot.name else {
            throw GatehouseError(.conflict, "The plugin in \(found.folder) has another name now. Reload.")
        }
        try check(candidate, slot)
        slot.signature = signature
        return candidate
    }

    private func check(_ candidate: PluginCandidate, _ slot: PluginSlot) throws {
        let manifest = candidate.manifest
        guard manifest.isSpeakable else {
            throw GatehouseError(
                .unsupported,
                "The plugin speaks versions \(manifest.contract.from) to \(manifest.contract.to) of the contract, this "
                    + "host \(ContractVersion.supported.map(String.init).joined(separator: ", ")). Update the older.")
        }
        _ = try manifest.configured(slot.row.configuration)
        if case .unavailable(let reason) = sandboxAvailability, slot.row.isSandboxed == true, manifest.command != nil {
            throw GatehouseError(
                .unsupported, "Its row demands a sandbox. \(reason) Or write sandbox: false, and trust the plugin.")
        }
        _ = try candidate.command(root: candidate.copy)
    }

    /// Whether a plugin's process runs in the sandbox.
    func isSandboxed(_ slot: PluginSlot) -> Bool {
        sandboxAvailability == .available && slot.row.isSandboxed != false
    }

    /// Removes copies that nothing uses, unless a plugin is loaded meanwhile; they then stay until the next time.
    func removeUnusedCopies() async {
        guard pendingLoads == 0 else { return }
        // A process that has ended is in the list until the task beside it has tidied up.
        let running = instances.values.filter { !$0.process.gone.isOpen }
        let used = Set(slots.values.compactMap(\.candidate?.digest) + running.map(\.candidate.digest))
        let (store, mark) = (store, store.mark)
        _ = try? await Blocking.run { store.removeAll(except: used, since: mark) }
    }

    /// Puts the routes, pages, topics and listeners in force that follow from the table.
    func publish() {
        var routing = Routing()
        var listeners: [PluginListener: String] = [:]
        for slot in slotsInOrder {
            slot.trouble = nil
            let parts = slot.activeParts
            slot.access.parts = parts
            slot.access.permissions = slot.granted
            guard slot.switches.enabled, let candidate = slot.candidate else { continue }
            routing.access[slot.name] = slot.access
            if parts.contains(.frontend) { routing.pages[slot.name] = candidate.pages }
            routing.topics[slot.name] = Set(candidate.manifest.events)
            if parts.contains(.rpc) { addRoutes(of: slot, candidate, &routing, &listeners) }
        }
        routing.routes.sort { $0.path.utf8.count > $1.path.utf8.count }
        self.routing.replace(routing)
    }

    private func addRoutes(
        of slot: PluginSlot, _ candidate: PluginCandidate, _ routing: inout Routing,
        _ listeners: inout [PluginListener: String]
    ) {
        let routes = candidate.manifest.pluginRoutes
        routing.ownRoutes[slot.name] = routes.sorted { $0.path.utf8.count > $1.path.utf8.count }
        for route in routes where !route.isListenerOnly {
            if let other = routing.routes.first(where: { $0.path == route.path }) {
                slot.trouble = "Its route \(route.path) belongs to the plugin \(other.plugin), which stands before it."
            } else {
                routing.routes.append(route)
            }
        }
        for listener in slot.row.listeners {
            let place = PluginListener(plugin: "", address: listener.address, port: listener.port, isTLS: false)
            if listener.port != 0, let other = listeners[place] {
                slot.trouble = "Its listener \(listener.address):\(listener.port) belongs to the plugin \(other)."
            } else {
                listeners[place] = slot.name
                routing.listeners.append(
                    PluginListener(
                        plugin: slot.name, address: listener.address, port: listener.port, isTLS: listener.isTLS))
            }
        }
    }

    /// The plugins in the order of the table, then those that were only found, by name.
    private var slotsInOrder: [PluginSlot] {
        let declared = settings.rows.compactMap { slots[$0.name] }
        let others = slots.values.filter { !$0.isDeclared }.sorted { $0.name < $1.name }
        return declared + others
    }
}
