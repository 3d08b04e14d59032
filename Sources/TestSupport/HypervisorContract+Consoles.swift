// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

extension HypervisorContract {
    /// The running machine's screen: a way to it, its picture, its keys.
    func verifyScreen() async throws {
        if capabilities.contains(.screens) {
            let source = try await hypervisor.openConsole(.vnc, on: subject, force: false)
            if case .descriptor(let descriptor, _) = source {
                // Dropped here, and with that closed by its owner.
                #expect(!"\(descriptor)".isEmpty)
            }
        }
        let picture = try await hypervisor.screenshot(of: subject)
        if capabilities.contains(.pictures) {
            #expect(picture?.bytes.isEmpty == false)
            #expect(picture?.type.hasPrefix("image/") == true)
        } else {
            #expect(picture == nil)
        }
        guard capabilities.contains(.keys) else { return }
        try await hypervisor.sendKeys([.ctrl, .alt, .f1], to: subject)
    }

    /// The running machine's text console has one holder, unless somebody takes over.
    func verifyText() async throws {
        guard capabilities.contains(.text) else {
            let (hypervisor, subject) = (hypervisor, subject)
            await #expect(throws: GatehouseError.self) {
                _ = try await hypervisor.openConsole(.text, on: subject, force: false)
            }
            return
        }
        let (hypervisor, subject) = (hypervisor, subject)
        let first = try await hypervisor.openConsole(.text, on: subject, force: false)
        await expect(.conflict) { _ = try await hypervisor.openConsole(.text, on: subject, force: false) }
        let second = try await hypervisor.openConsole(.text, on: subject, force: true)
        await expect(.conflict) { _ = try await hypervisor.openConsole(.text, on: subject, force: false) }
        withExtendedLifetime((first, second)) {}
    }
}
