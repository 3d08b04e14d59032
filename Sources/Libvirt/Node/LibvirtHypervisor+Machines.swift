// SPDX-License-Identifier: Apache-2.0

import CLibvirt
package import FoundationEssentials
package import Model

extension LibvirtHypervisor {
    /// The most bytes of an image.
    private static let screenshotLimit = 32 * 1024 * 1024
    /// How much of an image is received at once.
    private static let screenshotChunk = 256 * 1024

    /// What the node is made of and can run.
    ///
    /// The first question makes the node try its emulators, which may take some seconds.
    package func details() async throws -> NodeDetails {
        try await calling("show the node") { session in
            try await session.read { connection in
                let node = try connection.node()
                return try CapabilitiesReading.details(node, capabilities: try connection.capabilities())
            }
        }
    }

    /// The password in the machine's definition; the one that it runs with where it runs.
    package func vncPassword(of uuid: UUID) async throws -> String? {
        try await calling("read the screen's password") { session in
            try await session.read { connection in
                try DomainDescription(xml: try connection.domain(uuid).xml(withSecrets: true)).vnc?.password
            }
        }
    }

    /// The machine with its disks and interfaces.
    package func machine(_ uuid: UUID) async throws -> MachineSnapshot {
        try await calling("show the machine") { session in
            try await session.reading(uuid, inFull: true).snapshot(inFull: true)
        }
    }

    /// Carries out an operation; saving may take ten minutes, anything else one.
    package func perform(_ operation: MachineOperation, on uuid: UUID) async throws {
        let acpi = node.uri.driver == .qemu
        let deadline = operation == .save ? timing.save : timing.change
        try await calling(Self.words(operation)) { session in
            try await session.change(within: deadline) { connection in
                try Self.carryOut(operation, try connection.domain(uuid), acpi: acpi)
            }
        }
    }

    /// The screen as an image of the type that the hypervisor gives; nil where it gives none.
    package func screenshot(of uuid: UUID) async throws -> Screenshot? {
        do {
            return try await calling("take a picture of the screen") { session in
                try await session.read { connection in
                    let stream = try connection.makeStream(blocking: true)
                    let domain = try connection.domain(uuid)
                    let type = try domain.screenshot(into: stream)
                    return Screenshot(type: type, bytes: try Self.receiveAll(stream))
                }
            }
        } catch let error as GatehouseError where error.code == .unsupported {
            return nil
        }
    }

    /// Presses up to 16 keys together for 50 ms.
    package func sendKeys(_ keys: [KeyName], to uuid: UUID) async throws {
        guard (1...16).contains(keys.count) else {
            throw GatehouseError.invalidParameter("keys", "Give 1 to 16 keys to press together.")
        }
        try await calling("press keys") { session in
            try await session.change { connection in
                try connection.domain(uuid).sendKeys(keys.map(\.linuxCode))
            }
        }
    }

    private static func words(_ operation: MachineOperation) -> String {
        switch operation {
        case .start: "start the machine"
        case .shutdown: "shut the machine down"
        case .powerOff: "power the machine off"
        case .reboot: "reboot the machine"
        case .reset: "reset the machine"
        case .pause: "pause the machine"
        case .resume: "resume the machine"
        case .save: "save the machine"
        }
    }

    /// Why an operation makes no sense now; nil where it does.
    private static func refusal(_ operation: MachineOperation, in state: MachineState) -> String? {
        switch (operation, state) {
        case (.start, .paused), (.start, .suspended): "The machine is paused; resume it instead of starting it."
        case (.start, .running), (.start, .shutdown), (.resume, .running): "The machine is running already."
        case (.pause, .paused): "The machine is paused already."
        case (.start, _), (_, .unknown): nil
        default: state.isActive ? nil : "The machine is not running; start it first."
        }
    }

    private static func carryOut(
        _ operation: MachineOperation, _ domain: borrowing Domain, acpi: Bool
    ) throws {
        let state = DomainReading.state(try domain.activity(), hasSavedImage: false)
        if let refusal = refusal(operation, in: state) { throw GatehouseError(.conflict, refusal) }
        switch operation {
        case .start: try domain.create()
        case .shutdown: try domain.shutdown(acpi: acpi)
        case .powerOff: try domain.destroy()
        case .reboot: try domain.reboot(acpi: acpi)
        case .reset: try domain.reset()
        case .pause: try domain.suspend()
        case .resume where state == .suspended: try domain.wakeUp()
        case .resume: try domain.resume()
        case .save: try domain.save()
        }
    }

    private static func receiveAll(_ stream: borrowing DataStream) throws -> [UInt8] {
        var image: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: screenshotChunk)
        do {
            while case .moved(let count) = try stream.receive(into: &buffer), count > 0 {
                guard image.count + count <= screenshotLimit else {
                    throw GatehouseError(
                        .limitExceeded, "The picture of the screen is over \(screenshotLimit) bytes.")
                }
                image.append(contentsOf: buffer[..<count])
            }
            try stream.finish()
        } catch {
            stream.abort()
            throw error
        }
        return image
    }
}
