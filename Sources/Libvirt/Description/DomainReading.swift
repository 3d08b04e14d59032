// SPDX-License-Identifier: Apache-2.0

import CLibvirt
import Model

/// What was read of a domain at one time, and how Gatehouse sees it.
struct DomainReading: Sendable {
    /// Its description.
    var description: DomainDescription
    /// What it is doing.
    var activity: DomainActivity
    /// Whether its definition outlives a power off.
    var isPersistent: Bool?
    /// Whether the node starts it by itself.
    var isAutostarted: Bool?
    /// Whether the next start resumes a saved image.
    var hasSavedImage: Bool
    /// What the next start begins from, where it was asked for and is not the description itself.
    var stored: DomainDescription?

    /// The machine; with disks and interfaces where `inFull`.
    func snapshot(inFull: Bool) -> MachineSnapshot {
        MachineSnapshot(
            uuid: description.uuid,
            name: description.name,
            state: Self.state(activity, hasSavedImage: hasSavedImage),
            vcpus: description.vcpus,
            memoryKiB: description.memoryKiB,
            maxMemoryKiB: description.maxMemoryKiB,
            consoles: description.consoles,
            osType: description.osType,
            autostart: isAutostarted,
            persistent: isPersistent,
            disks: inFull ? description.disks : nil,
            interfaces: inFull ? description.interfaces : nil,
            details: inFull ? details : nil)
    }

    private var details: MachineDetails {
        var details = description.details
        details.needsReboot = stored.map(description.differs) ?? false
        return details
    }

    /// Gatehouse's word for what a domain is doing.
    static func state(_ activity: DomainActivity, hasSavedImage: Bool) -> MachineState {
        switch activity.state {
        case VIR_DOMAIN_RUNNING.number, VIR_DOMAIN_BLOCKED.number: .running
        case VIR_DOMAIN_PAUSED.number: .paused
        case VIR_DOMAIN_SHUTDOWN.number: .shutdown
        case VIR_DOMAIN_CRASHED.number: .crashed
        case VIR_DOMAIN_PMSUSPENDED.number: .suspended
        case VIR_DOMAIN_SHUTOFF.number where hasSavedImage: .saved
        case VIR_DOMAIN_SHUTOFF.number where activity.reason == crashed: .crashed
        case VIR_DOMAIN_SHUTOFF.number: .off
        default: .unknown
        }
    }

    private static let crashed = Int32(bitPattern: VIR_DOMAIN_SHUTOFF_CRASHED.rawValue)
}

extension Domain {
    /// Reads everything about the domain, one question after the other.
    ///
    /// - Parameter inFull: whether what the next start begins from is read too, for a machine that runs.
    func reading(inFull: Bool = false) throws -> DomainReading {
        var reading = DomainReading(
            description: try DomainDescription(xml: try xml()),
            activity: try activity(),
            isPersistent: try? isPersistent(),
            isAutostarted: try? isAutostarted(),
            hasSavedImage: (try? hasSavedImage()) ?? false)
        if inFull, reading.isPersistent == true, DomainReading.state(reading.activity, hasSavedImage: false).isActive {
            reading.stored = try DomainDescription(xml: try xml(isStored: true))
        }
        return reading
    }
}
