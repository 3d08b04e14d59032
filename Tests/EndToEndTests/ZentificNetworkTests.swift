// SPDX-License-Identifier: Apache-2.0

import Model
import TestSupport
import Testing

extension ZentificTests {
    @Test func `a script makes, chooses and removes a bridge`() async throws {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let admin = try await gateway.admin()
            let machine = JSONValue.string(try await TestDriverMachine(admin).id)
            let node = try await node(of: machine, gateway)
            let lab: JSONValue = ["name": "lab & <1>", "node": node, "description": "Ours."]
            let (results, _) = try await gateway.zentific([
                login("admin"), ["Network.getBridges", node], ["Network.createBridge", lab],
                ["Network.createBridge", lab], ["Network.getBridge", node, "lab & <1>"],
                ["Network.getDefaultBridge", node], ["Network.setDefaultBridge", node, "lab & <1>"],
                ["Network.getDefaultBridge", node], ["Network.getVmsByBridge", node, "default"],
                ["Network.getVmsByBridge", node, "lab & <1>"], ["Network.removeBridge", node, "default"],
                ["Network.removeBridge", node, "lab & <1>"], ["Network.getBridge", node, "lab & <1>"],
                ["Network.getDefaultBridge", node],
            ])
            try #require(results.count == 14)
            #expect(results[1] == ["default"] && results[2] == true && results[3] == ["fault": 19])
            #expect(results[4]["description"] == "Ours." && results[4]["node"] == node && results[4]["vlans"] == [])
            #expect(results[4]["id"]?.intValue ?? 0 > 0 && results[4]["interface"] == nil)
            #expect(results[5] == "" && results[6] == true && results[7] == "lab & <1>")
            #expect(results[8] == [machine] && results[9] == [] && results[10] == ["fault": 19])
            #expect(results[11] == true && results[12] == ["fault": 6] && results[13] == "")
        }
    }

    @Test func `a script asks for interfaces and addresses, and who has a machine only changes no network`()
        async throws
    {
        try await withGateway(Self.settings) { gateway in
            try await gateway.waitFor("zentific", "healthy")
            let admin = try await gateway.admin()
            let machine = JSONValue.string(try await TestDriverMachine(admin).id)
            _ = try await admin.call("user.create", ["name": "owner", "password": .string(Gateway.password)])
            _ = try await admin.call("privilege.grant", ["user": "owner", "machine": machine, "level": "owner"])
            let node = try await node(of: machine, gateway)
            let (more, _) = try await gateway.zentific([
                login("admin"), ["Network.getNodeInterfaces", node], ["Network.getNodeInterface", node, "eth1"],
                ["Network.isMacInUse", "AA:BB:CC:DD:EE:FF"], ["Network.isMacInUse", "52:54:00:00:00:01"],
                ["Network.isMacInUse", "nonsense"], ["Network.generateMac"],
                ["Network.addVlan", node, "default", 7], ["Network.removeVlan", node, "default", 7],
                ["Network.addVlan", node, "default", 0],
                // libvirt's test driver changes no interfaces.
                ["VM.addNetworkInterface", machine, ["bridge": "default", "type": "pv"]],
                ["VM.removeNetworkInterface", machine, "vif7"],
                ["Network.attachVifToBridge", machine, "vif0", "nowhere"],
            ])
            try #require(more.count == 13)
            #expect(more[1] == ["eth1"] && more[2]["mac"] == "aa:bb:cc:dd:ee:ff" && more[2]["mtu"] == 1492)
            #expect(more[2]["broadcast"] == "192.168.0.255" && more[2]["nodeuuid"] == node)
            #expect(more[3] == true && more[4] == false && more[5] == ["fault": 6])
            #expect(more[6].stringValue?.hasPrefix("52:54:00:") == true)
            #expect(more[7] == ["fault": 97] && more[8] == ["fault": 97] && more[9] == ["fault": 6])
            #expect(more[10] == ["fault": 97] && more[11] == ["fault": 6] && more[12] == ["fault": 6])

            // Who has a machine only may use networks, and neither see nor change them.
            let (own, _) = try await gateway.zentific([
                login("owner"), ["Network.getBridges", node], ["Network.getBridge", node, "default"],
                ["Network.createBridge", ["name": "lab", "node": node]], ["Network.getNodeInterfaces", node],
                ["Network.removeBridge", node, "default"], ["Network.getDefaultBridge", node],
                ["Network.setDefaultBridge", node, "default"], ["Network.generateMac"],
                ["VM.addNetworkInterface", machine, ["bridge": "default"]],
            ])
            let fault: JSONValue = ["fault": 1]
            #expect(Array(own[1...5]) == Array(repeating: fault, count: 5))
            #expect(own[6] == "" && own[7] == fault && own[8].stringValue != nil && own[9] == ["fault": 97])
        }
    }

    private func login(_ name: String) -> JSONValue { ["User.login", .string(name), .string(Gateway.password)] }

    private func node(of machine: JSONValue, _ gateway: Gateway) async throws -> JSONValue {
        let (results, _) = try await gateway.zentific([login("admin"), ["VM.getVmParentNode", machine]])
        return try #require(results.last)
    }
}
