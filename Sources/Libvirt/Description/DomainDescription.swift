// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model

/// What Gatehouse reads from a domain's XML (https://libvirt.org/formatdomain.html).
struct DomainDescription: Sendable, Equatable {
    /// A graphics device that speaks VNC.
    struct VNC: Sendable, Equatable {
        /// Its place among all graphics devices.
        var index: UInt32
        /// The TCP port it listens on; nil while off, or where it does not listen on TCP.
        var port: Int?
        /// The address it listens on.
        var address: String?
        /// The unix socket it listens on.
        var socket: String?
        /// Its password; only there where the description was asked for with secrets.
        var password: String?
    }

    /// The name.
    var name: String
    /// The UUID.
    var uuid: UUID
    /// `hvm`, `exe`, ...
    var osType: String?
    /// Processors in use.
    var vcpus: Int?
    /// Memory now, in KiB.
    var memoryKiB: Int?
    /// The most memory, in KiB.
    var maxMemoryKiB: Int?
    /// The first graphics device that speaks VNC.
    var vnc: VNC?
    /// How libvirt reaches the first text console: `pty`, `unix`, `tcp`, ...; nil without one.
    var textConsole: String?
    /// The disks.
    var disks: [MachineDisk]
    /// The interfaces.
    var interfaces: [MachineInterface]
    /// The rest, but for what only comparing it with another description can tell.
    var details: MachineDetails

    /// Reads a description.
    ///
    /// - Throws: `hypervisorFailed` where it is not a domain's XML.
    init(xml: [UInt8]) throws {
        let root: XMLElement
        do {
            root = try XMLElement.parse(xml)
        } catch {
            throw Self.failure("\(error.reason) at byte \(error.offset)")
        }
        guard root.name == "domain", let name = root.first("name")?.trimmedText, !name.isEmpty,
            let uuid = root.first("uuid").flatMap({ UUID(uuidString: $0.trimmedText) })
        else { throw Self.failure("no domain with a name and a UUID") }
        self.name = name
        self.uuid = uuid
        let devices = root.first("devices")
        osType = root.first("os")?.first("type")?.trimmedText
        vcpus = root.first("vcpu").flatMap { Int($0["current"] ?? $0.trimmedText) }
        maxMemoryKiB = root.first("memory").flatMap(Self.kibibytes)
        memoryKiB = root.first("currentMemory").flatMap(Self.kibibytes) ?? maxMemoryKiB
        vnc = Self.vnc(devices?.all("graphics") ?? [])
        textConsole = (devices?.first("console") ?? devices?.first("serial"))?["type"]
        disks = (devices?.all("disk") ?? []).map(Self.disk)
        interfaces = (devices?.all("interface") ?? []).map(Self.interface)
        details = Self.details(root, vnc: vnc)
    }

    /// Whether a machine that was started with this description would be another one when started with `other`.
    func differs(from other: DomainDescription) -> Bool {
        func essence(_ description: DomainDescription) -> DomainDescription {
            var essence = description
            // What the node only gives to a running machine, or what may change while it runs.
            essence.memoryKiB = nil
            essence.details.hypervisorID = nil
            (essence.details.vncAddress, essence.details.vncPort) = (nil, nil)
            essence.vnc = essence.vnc.map { VNC(index: $0.index, socket: nil) }
            for index in essence.interfaces.indices { essence.interfaces[index].target = nil }
            return essence
        }
        return essence(self) != essence(other)
    }

    private static func details(_ root: XMLElement, vnc: VNC?) -> MachineDetails {
        let os = root.first("os")
        // The prefix is the document's own choice, the name space is not read: libosinfo is the only one known.
        let system = root.first("metadata")?.children.lazy
            .filter { $0.name == "libosinfo" || $0.name.hasSuffix(":libosinfo") }
            .compactMap { $0.children.first { $0.name == "os" || $0.name.hasSuffix(":os") }?["id"] }.first
        var details = MachineDetails()
        details.hypervisorID = root["id"].flatMap { Int($0) }
        details.os = system
        details.kernel = os?.first("kernel")?.trimmedText
        details.initrd = os?.first("initrd")?.trimmedText
        details.commandLine = os?.first("cmdline")?.trimmedText
        details.onReboot = root.first("on_reboot")?.trimmedText
        details.onPowerOff = root.first("on_poweroff")?.trimmedText
        details.onCrash = root.first("on_crash")?.trimmedText
        details.vncAddress = vnc?.port == nil ? nil : vnc?.address
        details.vncPort = vnc?.port
        return details
    }

    /// The consoles that can be asked for; libvirt streams a text console from a pty or a socket only.
    var consoles: [ConsoleType] {
        (vnc == nil ? [] : [.vnc]) + (textConsole == "pty" || textConsole == "unix" ? [.text] : [])
    }

    private static func failure(_ cause: String) -> GatehouseError {
        GatehouseError(.hypervisorFailed, "The node described the machine in a way that can not be read.", cause: cause)
    }

    private static func kibibytes(_ element: XMLElement) -> Int? {
        guard let amount = Int(element.trimmedText), amount >= 0 else { return nil }
        switch element["unit"] ?? "KiB" {
        case "b", "bytes": return amount / 1024
        case "KB": return scaled(amount, by: 1000).map { $0 / 1024 }
        case "k", "KiB": return amount
        case "M", "MiB": return scaled(amount, by: 1024)
        case "G", "GiB": return scaled(amount, by: 1024 * 1024)
        case "T", "TiB": return scaled(amount, by: 1024 * 1024 * 1024)
        default: return nil
        }
    }

    private static func scaled(_ amount: Int, by factor: Int) -> Int? {
        let (result, overflow) = amount.multipliedReportingOverflow(by: factor)
        return overflow ? nil : result
    }

    private static func vnc(_ graphics: [XMLElement]) -> VNC? {
        guard let (index, device) = graphics.enumerated().first(where: { $0.element["type"] == "vnc" }) else {
            return nil
        }
        let listen = device.first("listen")
        let kind = listen?["type"] ?? "address"
        let port = device["port"].flatMap { Int($0) }.flatMap { (1...65535).contains($0) ? $0 : nil }
        let isAddress = kind == "address" || kind == "network"
        return VNC(
            index: UInt32(index),
            port: isAddress && device["socket"] == nil ? port : nil,
            address: isAddress ? (listen?["address"] ?? device["listen"]) : nil,
            socket: kind == "socket" ? listen?["socket"] : device["socket"],
            password: device["passwd"])
    }

    private static func disk(_ element: XMLElement) -> MachineDisk {
        let source = element.first("source")
        let target = element.first("target")
        let volume = source?["volume"].map { volume in
            source?["pool"].map { "\($0)/\(volume)" } ?? volume
        }
        return MachineDisk(
            target: target?["dev"] ?? "",
            device: element["device"] ?? "disk",
            source: source?["file"] ?? source?["dev"] ?? source?["dir"] ?? volume ?? source?["name"],
            bus: target?["bus"],
            format: element.first("driver")?["type"],
            readOnly: element.first("readonly") != nil)
    }

    private static func interface(_ element: XMLElement) -> MachineInterface {
        let source = element.first("source")
        return MachineInterface(
            mac: element.first("mac")?["address"] ?? "",
            // A running machine's is told as the bridge that the network has.
            type: source?["network"] == nil ? element["type"] ?? "" : "network",
            source: source?["network"] ?? source?["bridge"] ?? source?["dev"],
            model: element.first("model")?["type"],
            target: element.first("target")?["dev"])
    }
}
