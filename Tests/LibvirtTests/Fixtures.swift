// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Logging
import Model
import TestSupport

@testable import Libvirt

/// A directory of one test's own; gone when dropped.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/gatehouse-libvirt-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }
}

/// Nodes of libvirt's test driver, whose machines live in this process.
enum TestNode {
    static func uuid(_ number: Int) -> UUID {
        let text = String(number, radix: 16)
        let digits = String(repeating: "0", count: 12 - text.count) + text
        return UUID(uuidString: "00000000-0000-4000-8000-\(digits)") ?? UUID()
    }

    static func domain(_ number: Int, devices: String = "") -> String {
        """
        <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
          <name>machine\(number)</name><uuid>\(uuid(number).uuidString.lowercased())</uuid>
          <memory>1048576</memory><currentMemory>524288</currentMemory><vcpu>2</vcpu><os><type>hvm</type></os>
          <devices>
            <disk type='file' device='disk'><source file='/srv/\(number).img'/><target dev='vda' bus='virtio'/></disk>
            <serial type='pty'/><console type='pty'/>
            <graphics type='vnc' port='\(5900 + number % 1000)' autoport='no' listen='127.0.0.1' passwd='x'/>
            \(devices)
          </devices>
          <test:runstate>5</test:runstate>
        </domain>
        """
    }

    static func file(in directory: ScratchDirectory, machines: Int) throws -> String {
        try file(in: directory, domains: (1...machines).map { domain($0) })
    }

    static func file(in directory: ScratchDirectory, domains: [String]) throws -> String {
        let cpu = "<cpu><mhz>2400</mhz><model>x86_64</model><active>8</active><nodes>1</nodes><sockets>1</sockets>"
        let node = "<node>\(cpu)<cores>8</cores><threads>1</threads><memory>16777216</memory></cpu>"
        let pool = "<pool type='dir'><name>pool</name><target><path>/pool</path></target></pool>"
        return try directory.write("node.xml", node + domains.joined(separator: "\n") + pool + "</node>")
    }

    static func hypervisor(_ uri: String, timing: LibvirtTiming = LibvirtTiming()) throws -> LibvirtHypervisor {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return LibvirtHypervisor(try LibvirtNode(uri: try LibvirtURI(uri)), timing: timing, logger: logger)
    }
}

/// Runs a hypervisor while a body runs, and waits for its end.
func running<Result: Sendable>(
    _ hypervisor: any Hypervisor, _ body: @Sendable (EventRecord) async throws -> Result
) async throws -> Result {
    let record = EventRecord()
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await hypervisor.run { await record.append($0) } }
        defer { group.cancelAll() }
        return try await body(record)
    }
}

extension EventRecord {
    /// Waits for an inventory, and gives it.
    func inventory(after mark: Int = 0, within limit: Duration = .seconds(20)) async throws -> [MachineSnapshot] {
        try await first(after: mark, within: limit) { event in
            if case .inventory(let machines) = event { machines } else { nil }
        }
    }
}

/// What this process has open.
enum Resources {
    static var descriptors: Int { count("/proc/self/fd") }
    static var threads: Int { count("/proc/self/task") }

    private static func count(_ directory: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: directory).count) ?? -1
    }
}

/// Waits until something holds; false when it does not in time.
func eventually(within limit: Duration = .seconds(10), _ holds: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await holds() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try await holds()
}
