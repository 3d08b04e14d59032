// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Model

/// Pictures of machines' screens, each kept a few seconds, few taken at once.
package actor Pictures {
    /// A picture and when it was taken.
    package struct Picture: Sendable {
        /// The image.
        package let image: Screenshot
        /// When it was taken.
        package let takenAt: Date
    }

    private static let life: Duration = .seconds(5)
    private static let maximumKept = 200
    private static let maximumAtOnce = 2
    private static let maximumWaiting = 100

    private let inventory: Inventory
    private let taker: any PictureTaker
    private let time: TimeSource
    private var kept: [MachineID: (picture: Picture, until: Duration)] = [:]
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Makes the keeper of pictures.
    package init(inventory: Inventory, taker: any PictureTaker, time: TimeSource) {
        self.inventory = inventory
        self.taker = taker
        self.time = time
    }

    /// A machine's screen, at most five seconds old.
    ///
    /// - Throws: `conflict` where it is off, `rateLimited` where too many wait, `consoleUnreachable`.
    package func picture(of id: MachineID) async throws -> Picture {
        if let picture = fresh(id) { return picture }
        guard let machine = await inventory.machine(id) else { throw GatehouseError.machineNotFound }
        guard machine.snapshot.state.isActive else {
            throw GatehouseError(.conflict, "The machine is not running, so its screen shows nothing.")
        }
        try await enter()
        defer { leave() }
        // Whoever went before may have taken it.
        if let picture = fresh(id) { return picture }
        let image = try await take(id)
        let picture = Picture(image: image, takenAt: time.now())
        let now = time.uptime()
        if kept.count >= Self.maximumKept { kept = kept.filter { $0.value.until > now } }
        if kept.count < Self.maximumKept { kept[id] = (picture, now + Self.life) }
        return picture
    }

    private func take(_ id: MachineID) async throws -> Screenshot {
        let hypervisor = try await inventory.hypervisor(of: id)
        if let image = try await hypervisor.screenshot(of: id.uuid) { return image }
        return try await taker.picture(of: try await hypervisor.openConsole(.vnc, on: id.uuid, force: false))
    }

    private func fresh(_ id: MachineID) -> Picture? {
        guard let found = kept[id], found.until > time.uptime() else { return nil }
        return found.picture
    }

    private func enter() async throws {
        guard running >= Self.maximumAtOnce else {
            running += 1
            return
        }
        guard waiting.count < Self.maximumWaiting else {
            throw GatehouseError(
                .rateLimited, "Too many pictures are being taken; try again in a few seconds.",
                details: ["retryAfter": 5])
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { running -= 1 } else { waiting.removeFirst().resume() }
    }
}
