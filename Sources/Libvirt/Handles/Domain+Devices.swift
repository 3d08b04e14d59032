// SPDX-License-Identifier: Apache-2.0

import CLibvirt

/// Which of a domain's definitions a change is for.
struct DefinitionChoice: OptionSet, Sendable {
    let rawValue: UInt32

    /// What it is now.
    static let live = DefinitionChoice(rawValue: VIR_DOMAIN_AFFECT_LIVE.rawValue)
    /// What it is at its next start.
    static let stored = DefinitionChoice(rawValue: VIR_DOMAIN_AFFECT_CONFIG.rawValue)
}

extension Domain {
    /// Whether it runs.
    func isActive() throws(LibvirtError) -> Bool { try LibvirtError.check(unsafe virDomainIsActive(pointer)) == 1 }

    /// Adds a device.
    func attach(_ xml: String, to choice: DefinitionChoice) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainAttachDeviceFlags(pointer, xml, choice.rawValue))
    }

    /// Takes a device away; of what runs only the asking is certain, since the guest has to let go.
    func detach(_ xml: String, from choice: DefinitionChoice) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainDetachDeviceFlags(pointer, xml, choice.rawValue))
    }

    /// Changes a device.
    func update(_ xml: String, in choice: DefinitionChoice) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainUpdateDeviceFlags(pointer, xml, choice.rawValue))
    }
}
