// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import gatehouse

@Suite struct NetworkCommandTests {
    private static let network: JSONValue = [
        "id": 4, "name": "lab", "node": "n1", "kind": "virtual", "bridge": "virbr1", "active": true,
        "autostart": true, "default": false, "description": "Ours.", "vlans": [7, 42], "uplink": nil,
        "address": nil, "netmask": nil,
    ]

    @Test func `networks are listed and shown`() async throws {
        try await Script { request in
            switch request.method {
            case "network.list": .result(["networks": [Self.network]])
            case "node.list":
                .result(["nodes": [["name": "n1", "kind": "libvirt", "state": "online"], ["name": "s"]]])
            case "network.show": .result(["network": Self.network])
            default: .result(["machines": [["name": "web"], ["name": "db"]]])
            }
        }.run { daemon in
            let listed = await daemon.run("network", "list", "--node", "n1")
            #expect(listed.out.contains("lab   n1    virtual  virbr1  yes     no       -       -        7, 42  Ours."))
            #expect(await daemon.run("network", "list").out == listed.out, "of every node")
            #expect(daemon.requests.last == .init(method: "network.list", parameters: ["node": "n1"]))
            let shown = await daemon.run("network", "show", "n1", "lab")
            #expect(shown.out.contains("virbr1") && shown.out.contains("web, db"))
        }
    }

    @Test func `networks are made, removed and chosen`() async throws {
        try await Script { _ in .result(["network": Self.network]) }.run { daemon in
            let made = await daemon.run(
                "network", "create", "n1", "lab", "--description", "Ours.", "--bridge", "virbr1")
            #expect(made.out == "Network lab is on bridge virbr1.\n")
            #expect(
                daemon.requests.last?.parameters
                    == ["node": "n1", "network": "lab", "description": "Ours.", "bridge": "virbr1"])
            let named: [String: JSONValue] = ["node": "n1", "network": "lab"]
            #expect(await daemon.run("network", "remove", "n1", "lab").out == "Network lab is removed.\n")
            #expect(daemon.requests.last == .init(method: "network.remove", parameters: named))
            #expect(
                await daemon.run("network", "set-default", "n1", "lab").out == "Network lab is the default of n1.\n")
            #expect(daemon.requests.last == .init(method: "network.setDefault", parameters: named))
            #expect(await daemon.run("network", "create", "n1").status == .usage)
        }
    }

    @Test func `interfaces of machines are attached and detached`() async throws {
        let machine = "11111111-1111-1111-1111-111111111111"
        try await Script { request in
            .result([
                "machine": ["name": "web"], "mac": "52:54:00:00:00:01",
                "pending": .bool(request.parameters["interface"] == "vnet0"),
            ])
        }.run { daemon in
            let attached = await daemon.run("machine", "attach-interface", machine, "lab", "--model", "e1000")
            #expect(attached.out == "web has interface 52:54:00:00:00:01.\n")
            #expect(
                daemon.requests.last?.parameters == ["machine": .string(machine), "network": "lab", "model": "e1000"])
            #expect(await daemon.run("machine", "attach-interface", machine).status == .ok)
            let detached = await daemon.run("machine", "detach-interface", machine, "52:54:00:00:00:01")
            #expect(detached.out == "web has interface 52:54:00:00:00:01 no longer.\n")
            let pending = await daemon.run("machine", "detach-interface", machine, "vnet0")
            #expect(pending.out.contains("when its guest lets go"))
        }
    }
}
