// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import FoundationEssentials
import Glibc

/// libvirt's handle of a machine; freed when dropped.
@safe
struct Domain: ~Copyable {
    let pointer: virDomainPtr

    /// Takes over a reference.
    init(owning pointer: virDomainPtr) { unsafe self.pointer = pointer }

    deinit {
        _ = unsafe virDomainFree(pointer)
    }

    /// The UUID of a handle that somebody else owns, as callbacks get it.
    static func uuid(of pointer: virDomainPtr) -> UUID? {
        var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let result = unsafe withUnsafeMutableBytes(of: &bytes) { raw in
            unsafe virDomainGetUUID(pointer, raw.assumingMemoryBound(to: UInt8.self).baseAddress)
        }
        return result == 0 ? UUID(uuid: bytes) : nil
    }

    /// Its UUID; known without asking the node.
    func uuid() throws(LibvirtError) -> UUID {
        guard let uuid = unsafe Self.uuid(of: pointer) else { throw LibvirtError.last() }
        return uuid
    }

    /// Its name; known without asking the node.
    func name() throws(LibvirtError) -> String {
        guard let name = unsafe virDomainGetName(pointer) else { throw LibvirtError.last() }
        return unsafe String(cString: name)
    }

    /// What it is doing.
    func activity() throws(LibvirtError) -> DomainActivity {
        var activity = DomainActivity(state: 0, reason: 0)
        try LibvirtError.check(unsafe virDomainGetState(pointer, &activity.state, &activity.reason, 0))
        return activity
    }

    /// Its description; with the passwords in it only where asked for, and that of its next start where asked for.
    func xml(withSecrets: Bool = false, stored: Bool = false) throws(LibvirtError) -> [UInt8] {
        let flags =
            (withSecrets ? VIR_DOMAIN_XML_SECURE.rawValue : 0) | (stored ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0)
        guard let text = unsafe virDomainGetXMLDesc(pointer, flags) else { throw LibvirtError.last() }
        defer { unsafe free(text) }
        let raw = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
        return unsafe [UInt8](raw)
    }

    /// Whether its definition outlives a power off.
    func isPersistent() throws(LibvirtError) -> Bool {
        try LibvirtError.check(unsafe virDomainIsPersistent(pointer)) == 1
    }

    /// Whether the node starts it by itself.
    func isAutostarted() throws(LibvirtError) -> Bool {
        var value: Int32 = 0
        try LibvirtError.check(unsafe virDomainGetAutostart(pointer, &value))
        return value != 0
    }

    /// Whether the next start resumes a saved image.
    func hasSavedImage() throws(LibvirtError) -> Bool {
        try LibvirtError.check(unsafe virDomainHasManagedSaveImage(pointer, 0)) == 1
    }

    /// Starts it.
    func create() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainCreate(pointer)) }

    /// Asks it to shut down; with `acpi` by the power button only.
    func shutdown(acpi: Bool) throws(LibvirtError) {
        let flags = acpi ? VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN.rawValue : 0
        try LibvirtError.check(unsafe virDomainShutdownFlags(pointer, flags))
    }

    /// Cuts its power.
    func destroy() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainDestroy(pointer)) }

    /// Asks it to reboot; with `acpi` by the power button only.
    func reboot(acpi: Bool) throws(LibvirtError) {
        let flags = acpi ? VIR_DOMAIN_REBOOT_ACPI_POWER_BTN.rawValue : 0
        try LibvirtError.check(unsafe virDomainReboot(pointer, flags))
    }

    /// Presses its reset button.
    func reset() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainReset(pointer, 0)) }

    /// Stops its processors.
    func suspend() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainSuspend(pointer)) }

    /// Lets its processors go on.
    func resume() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainResume(pointer)) }

    /// Wakes it from a sleep of its own.
    func wakeUp() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainPMWakeup(pointer, 0)) }

    /// Saves its memory on the node and stops it.
    func save() throws(LibvirtError) { try LibvirtError.check(unsafe virDomainManagedSave(pointer, 0)) }

    /// Presses keys together for 50 ms; Linux key codes, at most 16.
    func sendKeys(_ codes: [UInt32]) throws(LibvirtError) {
        var codes = codes
        let set = VIR_KEYCODE_SET_LINUX.rawValue
        let count = Int32(codes.count)
        try LibvirtError.check(unsafe virDomainSendKey(pointer, set, 50, &codes, count, 0))
    }

    /// Starts sending its screen into a stream; the answer is the image's type.
    func screenshot(into stream: borrowing DataStream) throws(LibvirtError) -> String {
        guard let type = unsafe virDomainScreenshot(pointer, stream.pointer, 0, 0) else {
            throw LibvirtError.last()
        }
        defer { unsafe free(type) }
        return unsafe String(cString: type)
    }

    /// Connects a stream to its first text console (`virDomainConsoleFlags`).
    func openConsole(_ stream: borrowing DataStream, flags: UInt32) throws(LibvirtError) {
        try LibvirtError.check(unsafe virDomainOpenConsole(pointer, nil, stream.pointer, flags))
    }

    /// A connected socket to one of its graphics devices that asks for no password; the caller owns it.
    func openGraphics(index: UInt32) throws(LibvirtError) -> Int32 {
        let flags = VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH.rawValue
        return try LibvirtError.check(unsafe virDomainOpenGraphicsFD(pointer, index, flags))
    }
}
