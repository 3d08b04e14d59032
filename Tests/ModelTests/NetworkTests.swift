// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@Suite struct NetworkTests {
    @Test(arguments: ["a", "default", "lab & <test>", "lab 2", "ünïcode", String(repeating: "x", count: 64)])
    func `a network may be called so`(name: String) { #expect(NetworkNames.isNetwork(name)) }

    @Test(arguments: [
        "", "-a", "a/b", "/", ".", "..", " a", "a ", "a\nb", "a\u{0}b", "a\u{7F}", String(repeating: "x", count: 65),
    ])
    func `a network may not be called so`(name: String) { #expect(!NetworkNames.isNetwork(name)) }

    @Test(arguments: [("br0", true), ("br-1.2_X", true), ("", false), ("-b", false), (".b", false), ("a/b", false)])
    func `a device is called in a narrow way`(name: String, fits: Bool) {
        #expect(NetworkNames.isDevice(name) == fits)
        #expect(!NetworkNames.isDevice("ä") && !NetworkNames.isDevice("0123456789abcdef"))
    }

    @Test func `a network with an uplink is a bridge of that name`() throws {
        #expect(try NewNetwork(name: "br0", bridge: "br0", uplink: "eth0").uplink == "eth0")
        #expect(throws: GatehouseError.self) { try NewNetwork(name: "br0", bridge: "br1", uplink: "eth0") }
        #expect(throws: GatehouseError.self) { try NewNetwork(name: "my bridge", uplink: "eth0") }
        #expect(throws: GatehouseError.self) { try NewNetwork(name: "br0", uplink: "eth 0") }
    }

    @Test func `an address of one station is read in either case`() {
        #expect(MACAddress("52:54:00:AB:cd:0f")?.description == "52:54:00:ab:cd:0f")
        #expect(MACAddress("52:54:00:AB:cd:0f") == MACAddress("52:54:00:ab:CD:0F"))
        for wrong in [
            "", "52:54:00:ab:cd", "52:54:00:ab:cd:0", "52-54-00-ab-cd-0f", "53:54:00:ab:cd:0f", "00:00:00:00:00:00",
            "+2:54:00:ab:cd:0f", "-2:54:00:ab:cd:0f", "52:54:00:ab:cd:0g", "52:54:00:ab:cd:0f:", "ff:ff:ff:ff:ff:ff",
        ] {
            #expect(MACAddress(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `an address that is made up is one of QEMU's`() {
        let made = (0..<100).map { _ in MACAddress.random() }
        #expect(made.allSatisfy { MACAddress($0.description) == $0 && $0.description.hasPrefix("52:54:00:") })
        #expect(Set(made).count > 90)
    }

    @Test func `an interface is in a network by its name or by its bridge`() {
        let host = NetworkSnapshot(name: "br0", kind: .host, bridge: "br0")
        var virtual = NetworkSnapshot(name: "lan", kind: .virtual, bridge: "br0")
        virtual.borrowsBridge = true
        let other = NetworkSnapshot(name: "br0", kind: .virtual, bridge: "virbr0")
        let all = [host, virtual, other]
        func isUsed(_ network: NetworkSnapshot, _ type: String, _ source: String?) -> Bool {
            network.isUsed(by: MachineInterface(mac: "", type: type, source: source), among: all)
        }
        #expect(isUsed(host, "bridge", "br0") && isUsed(host, "network", "lan") && isUsed(virtual, "bridge", "br0"))
        #expect(isUsed(virtual, "network", "lan") && isUsed(other, "network", "br0"))
        #expect(isUsed(other, "bridge", "virbr0"))
        #expect(!isUsed(other, "bridge", "br0") && !isUsed(virtual, "network", "br0"))
        #expect(!isUsed(host, "network", "br0") && !isUsed(host, "user", nil) && !isUsed(host, "direct", "br0"))
    }
}
