// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Model

extension Domain {
    /// Sets the processors, or with `isMaximum` how many there can be.
    func setProcessors(
        _ count: Int, isMaximum: Bool = false, in choice: DefinitionChoice
    ) throws(LibvirtError) {
        let flags = choice.rawValue | (isMaximum ? VIR_DOMAIN_VCPU_MAXIMUM.rawValue : 0)
        try LibvirtError.check(unsafe virDomainSetVcpusFlags(pointer, UInt32(count), flags))
    }

    /// How many processors it can have at its next start.
    func mostProcessors() throws(LibvirtError) -> Int {
        let flags = DefinitionChoice.stored.rawValue | VIR_DOMAIN_VCPU_MAXIMUM.rawValue
        return Int(try LibvirtError.check(unsafe virDomainGetVcpusFlags(pointer, flags)))
    }

    /// Sets the memory in KiB, or with `isMaximum` how much there can be.
    func setMemory(_ size: Int, isMaximum: Bool = false, in choice: DefinitionChoice) throws(LibvirtError) {
        let flags = choice.rawValue | (isMaximum ? VIR_DOMAIN_MEM_MAXIMUM.rawValue : 0)
        try LibvirtError.check(unsafe virDomainSetMemoryFlags(pointer, UInt(size), flags))
    }

    /// Sets whether the node starts it by itself.
    func setAutostarted(_ isAutostarted: Bool) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainSetAutostart(pointer, isAutostarted ? 1 : 0))
    }

    /// Gives it another name; only while it is off.
    func rename(to name: String) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainRename(pointer, name, 0))
    }

    /// Sets what the node does when the guest ends in some way.
    func setAction(
        _ action: LifecycleAction, on event: virDomainLifecycle, in choice: DefinitionChoice
    ) throws(LibvirtError) {
        let type = event.rawValue
        try LibvirtError.check(
            unsafe virDomainSetLifecycleAction(pointer, type, action.libvirt.rawValue, choice.rawValue))
    }
}

extension LifecycleAction {
    fileprivate var libvirt: virDomainLifecycleAction {
        switch self {
        case .destroy: VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY
        case .restart: VIR_DOMAIN_LIFECYCLE_ACTION_RESTART
        case .preserve: VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE
        case .renameAndRestart: VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME
        case .dumpAndDestroy: VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY
        case .dumpAndRestart: VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART
        }
    }
}
