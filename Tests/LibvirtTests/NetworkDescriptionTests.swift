// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Libvirt

@Suite struct NetworkDescriptionTests {
    private static func network(_ xml: String) throws -> NetworkDescription {
        try NetworkDescription(ListedNetwork(xml: Array(xml.utf8), isActive: true, autostart: true))
    }

    private static func interface(_ xml: String, isActive: Bool = true) throws -> InterfaceDescription {
        try InterfaceDescription(ListedInterface(xml: Array(xml.utf8), mac: nil, isActive: isActive))
    }

    @Test func `a network with addresses and a way out`() throws {
        let read = try Self.network(
            """
            <network><name>default</name><forward dev='eth0' mode='nat'><interface dev='eth0'/></forward>
            <bridge name='virbr0' stp='on' delay='0'/><ip family='ipv6' address='fd00::1' prefix='64'/>
            <ip address='192.168.122.1' prefix='23'/></network>
            """
        ).snapshot
        #expect(read.name == "default" && read.bridge == "virbr0" && read.uplink == "eth0" && read.kind == .virtual)
        #expect(read.address == "192.168.122.1" && read.netmask == "255.255.254.0" && read.autostart == true)
        #expect(!read.borrowsBridge && !read.separatesVLANs && read.vlans == [])
    }

    @Test func `VLANs are those of a network that holds them apart`() throws {
        let groups =
            "<portgroup name='a'><vlan><tag id='42'/></vlan></portgroup><portgroup name='b'/>"
            + "<portgroup name='c'><vlan trunk='yes'><tag id='7'/><tag id='42'/><tag id='9999'/></vlan></portgroup>"
        let plain = try Self.network("<network><name>n</name><bridge name='b'/>\(groups)</network>")
        #expect(!plain.snapshot.separatesVLANs && plain.snapshot.vlans == [], "libvirt keeps them, and that is all")
        let switched = try Self.network(
            "<network><name>n</name><forward mode='bridge'/><bridge name='b'/><virtualport type='openvswitch'/>"
                + "\(groups)</network>")
        #expect(switched.snapshot.separatesVLANs && switched.snapshot.vlans == [7, 42])
        #expect(switched.snapshot.borrowsBridge && switched.portGroups.map(\.vlans) == [[42], [7, 42]])
    }

    @Test func `what is made has its names escaped`() throws {
        let name = "a <b> & 'c' \"d\""
        let xml = NetworkDescription.xml(try NewNetwork(name: name, bridge: "br0"))
        #expect(
            xml == "<network><name>a &lt;b&gt; &amp; &apos;c&apos; &quot;d&quot;</name>"
                + "<bridge delay='0' name='br0' stp='on'/></network>")
        #expect(try Self.network(xml).snapshot.name == name)
        let interface = NewMachineInterface(mac: .random(), source: .network("x'/><y a='"), model: "virtio")
        let element = try XMLElement.parse(Array(MachineInterfaceXML.new(interface).utf8))
        #expect(element.first("source")?["network"] == "x'/><y a='" && element.first("y") == nil)
        #expect(element.first("mac")?["address"] == interface.mac.description)
        let text = XMLElement(name: "a", attributes: ["b": "1\n2\t3"], text: "x").document
        #expect(
            try XMLElement.parse(Array(text.utf8)) == XMLElement(name: "a", attributes: ["b": "1\n2\t3"], text: "x"))
    }

    @Test func `an interface that moves keeps its card and its place, and loses what was its network's`() throws {
        let before = """
            <interface type='network'><mac address='52:54:00:11:22:33'/>
            <source network='a' portid='5' bridge='virbr0'/><vlan><tag id='4'/></vlan><target dev='vnet0'/>
            <virtualport type='openvswitch'/><model type='virtio'/><alias name='net0'/><mtu size='1400'/>
            <address type='pci' slot='0x03'/></interface>
            """
        let moved = MachineInterfaceXML.moved(try XMLElement.parse(Array(before.utf8)), to: .bridge("br0"))
        #expect(
            moved == "<interface type='bridge'><source bridge='br0'/><mac address='52:54:00:11:22:33'/>"
                + "<model type='virtio'/><mtu size='1400'/><address slot='0x03' type='pci'/></interface>")
    }

    @Test func `interfaces of a host`() throws {
        let eth = try Self.interface(
            """
            <interface type='ethernet' name='eth1'><mtu size='1492'/><protocol family='ipv4'>
            <ip address='192.168.0.5' prefix='24'/><route gateway='192.168.0.1'/></protocol>
            <mac address='aa:bb:cc:dd:ee:ff'/></interface>
            """)
        #expect(eth.interface.mtu == 1492 && eth.interface.mac == "aa:bb:cc:dd:ee:ff" && eth.interface.state == "up")
        #expect(eth.interface.address == "192.168.0.5" && eth.interface.netmask == "255.255.255.0")
        #expect(eth.interface.broadcast == "192.168.0.255" && !eth.interface.isLoopback && eth.carriesDefaultRoute)
        let bridge = try Self.interface(
            """
            <interface type='bridge' name='br0'><bridge stp='off'><interface type='ethernet' name='vnet3'/>
            <interface type='ethernet' name='eth0'/></bridge></interface>
            """, isActive: false)
        #expect(bridge.network.kind == .host && bridge.network.uplink == "eth0" && bridge.network.bridge == "br0")
        #expect(!bridge.network.carriesDefaultRoute && bridge.interface.state == "down")
        let made = InterfaceDescription.bridge("br1", uplink: "eth0")
        #expect(try Self.interface(made).members == ["eth0"])
        #expect(throws: GatehouseError.self) { try Self.interface("<interface/>") }
        #expect(throws: GatehouseError.self) { try Self.network("<domain/>") }
    }

    @Test(
        arguments: [
            ("0", "0.0.0.0"), ("1", "128.0.0.0"), ("24", "255.255.255.0"), ("32", "255.255.255.255"), ("33", nil),
            ("x", nil),
        ] as [(String, String?)])
    func `a number of bits is a mask`(prefix: String, mask: String?) { #expect(IPv4Mask.text(prefix: prefix) == mask) }
}
