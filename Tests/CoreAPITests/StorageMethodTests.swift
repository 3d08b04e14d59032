// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@Suite struct StorageMethodTests {
    @Test func `pools are listed with what they are and can`() async throws {
        try await StorageFixture.run { fixture in
            let pools = try await fixture.call("pool.list", ["node": "n1"])["pools"]?.arrayValue ?? []
            #expect(pools.compactMap { $0["name"]?.stringValue } == ["away", "images", "sdb", "vg"])
            #expect(pools.compactMap { $0["mechanism"]?.stringValue } == ["file", "file", "phys", "lvm"])
            #expect(pools.map { $0["allowsNewVolumes"] } == [false, true, false, true])
            #expect(pools.map { $0["hasVolumes"] } == [false, true, false, false])
            let images = pools[1]
            #expect(images["capacityBytes"]?.intValue == 100 << 30 && images["allocatedBytes"]?.intValue == 1 << 30)
            #expect(images["path"] == "/images" && images["node"] == "n1" && images["active"] == true)
            #expect(try await fixture.call("pool.show", ["pool": try #require(images["id"])])["pool"] == images)
            let files = try await fixture.call("pool.list", ["node": "n1", "mechanism": "lvm"])["pools"]?.arrayValue
            #expect(files?.compactMap { $0["name"]?.stringValue } == ["vg"])
            #expect(pools[0]["capacityBytes"]?.isNull == true)
        }
    }

    @Test func `a pool keeps its number, also under another name, and never gives it away`() async throws {
        try await StorageFixture.run { fixture in
            let number = try await fixture.pool("images")
            #expect(try await fixture.pool("images") == number)
            let numbers = try await fixture.call("pool.list", ["node": "n1"])["pools"]?.arrayValue?.compactMap {
                $0["id"]?.intValue
            }
            #expect(Set(numbers ?? []).count == 4)
            fixture.node.put(
                PoolSnapshot(name: "twin", type: "dir", path: "/images", isActive: true, capacityBytes: 1))
            #expect(try await fixture.pool("twin") != number, "two of one place are told apart")
        }
    }

    @Test func `volumes tell what uses them`() async throws {
        try await StorageFixture.run { fixture in
            let disk = try await fixture.volume("web.qcow2")
            #expect(disk["inUse"] == true && disk["shared"] == "none" && disk["kind"] == "sparse")
            #expect(disk["machines"] == [.string(StorageFixture.web.uuidString.lowercased())])
            let cd = try await fixture.volume("dvd.iso")
            #expect(cd["inUse"] == true && cd["shared"] == "r")
            let free = try await fixture.volume("free.img")
            #expect(free["inUse"] == false && free["kind"] == "preallocated" && free["machines"] == [])
            fixture.node.share("/images/web.qcow2")
            #expect(try await fixture.volume("web.qcow2")["shared"] == "rw")
            let shown = try await fixture.call("volume.show", ["volume": try #require(free["id"])])["volume"]
            #expect(shown == free)
        }
    }

    @Test func `a volume is made as its pool has them`() async throws {
        try await StorageFixture.run { fixture in
            let images = try await fixture.pool("images")
            let made = try await fixture.call(
                "volume.create", ["pool": images, "name": "new.qcow2", "capacityBytes": 1_048_576])["volume"]
            #expect(made?["format"] == "qcow2" && made?["kind"] == "sparse" && made?["inUse"] == false)
            let thick = try await fixture.call(
                "volume.create",
                ["pool": images, "name": "t.img", "capacityBytes": 1_048_576, "allocation": "preallocated"])["volume"]
            #expect(thick?["format"] == "raw" && thick?["kind"] == "preallocated")
            let group = try await fixture.pool("vg")
            let logical = try await fixture.call(
                "volume.create", ["pool": group, "name": "lv", "capacityBytes": 1_048_576])["volume"]
            #expect(logical?["format"]?.isNull == true && logical?["kind"] == "preallocated")
            let wrong: [([String: JSONValue], GatehouseError.Code)] = [
                (["pool": images, "name": "new.qcow2"], .conflict),
                (["pool": images, "name": "-x"], .invalidParameters),
                (["pool": images, "name": "a/b"], .invalidParameters),
                (["pool": images, "name": ""], .invalidParameters),
                (["pool": images, "name": "..", "format": "raw"], .invalidParameters),
                (["pool": images, "name": "x", "format": "qcow2", "allocation": "preallocated"], .invalidParameters),
                (["pool": group, "name": "x", "format": "qcow2"], .invalidParameters),
                (["pool": group, "name": "x", "allocation": "sparse"], .invalidParameters),
                (["pool": try await fixture.pool("sdb"), "name": "x"], .unsupported),
                (["pool": try await fixture.pool("away"), "name": "x"], .conflict),
                (["pool": 99, "name": "x"], .notFound),
            ]
            for (parameters, code) in wrong {
                let all = parameters.merging(["capacityBytes": 1_048_576]) { first, _ in first }
                #expect(await fixture.failure("volume.create", all)?.code == code, "\(parameters)")
            }
        }
    }

    @Test func `a volume in use is not deleted, and a number is not given twice`() async throws {
        try await StorageFixture.run { fixture in
            for name in ["web.qcow2", "dvd.iso"] {
                let id = try await fixture.volumeID(name)
                #expect(await fixture.failure("volume.delete", ["volume": id])?.code == .conflict)
            }
            let free = try await fixture.volumeID("free.img")
            try await fixture.call(
                "volume.clone", ["volume": free, "name": "child.qcow2", "linked": true])
            #expect(try await fixture.volume("free.img")["inUse"] == true)
            let error = await fixture.failure("volume.delete", ["volume": free])
            #expect(error?.code == .conflict && error?.message.contains("child.qcow2") == true)
            try await fixture.call("volume.delete", ["volume": try await fixture.volumeID("child.qcow2")])
            try await fixture.call("volume.delete", ["volume": free])
            #expect(await fixture.failure("volume.show", ["volume": free])?.code == .notFound)
            #expect(fixture.node.volumeNames(in: "images") == ["dvd.iso", "web.qcow2"])
            let images = try await fixture.pool("images")
            let again = try await fixture.call(
                "volume.create", ["pool": images, "name": "free.img", "capacityBytes": 1_048_576])["volume"]
            #expect(again?["id"] != free)
        }
    }

    @Test func `a clone is full or linked, and never of what is being written`() async throws {
        try await StorageFixture.run { fixture in
            let disk = try await fixture.volumeID("web.qcow2")
            let full = try await fixture.call("volume.clone", ["volume": disk, "name": "copy.qcow2"])["volume"]
            #expect(full?["format"] == "qcow2" && full?["backingPath"]?.isNull == true)
            let linked: [String: JSONValue] = ["volume": disk, "name": "l.qcow2", "linked": true]
            #expect(await fixture.failure("volume.clone", linked)?.code == .conflict, "the machine may write to it")
            let child = try await fixture.call(
                "volume.clone",
                ["volume": try await fixture.volumeID("copy.qcow2"), "name": "l.qcow2", "linked": true])["volume"]
            #expect(child?["backingPath"] == "/images/copy.qcow2" && child?["kind"] == "linked")
            fixture.node.put(StorageFixture.machine(.running))
            try await eventually("it runs") { try await fixture.test.machine("web").snapshot.state == .running }
            let running = await fixture.failure("volume.clone", ["volume": disk, "name": "c2.qcow2"])
            #expect(running?.code == .conflict && running?.message.contains("running") == true)
        }
    }

    @Test func `what is being copied is neither deleted nor started meanwhile`() async throws {
        try await StorageFixture.run { fixture in
            let disk = try await fixture.volumeID("web.qcow2")
            let machine = JSONValue.string(StorageFixture.web.uuidString)
            fixture.node.duringCopies {
                #expect(await fixture.failure("machine.start", ["machine": machine])?.code == .machineLocked)
                #expect(await fixture.failure("volume.delete", ["volume": disk])?.code == .conflict)
                #expect(
                    await fixture.failure("volume.clone", ["volume": disk, "name": "copy.qcow2"])?.code == .conflict)
            }
            try await fixture.call("volume.clone", ["volume": disk, "name": "copy.qcow2"])
            fixture.node.duringCopies {}
            try await fixture.call("machine.start", ["machine": machine])
        }
    }

    @Test func `who sees the node looks, who operates it changes, and nobody else learns of anything`() async throws {
        try await StorageFixture.run { fixture in
            let (viewer, admin) = (
                try await fixture.user("viewer", .readOnlyAdmin), try await fixture.user("admin", .admin)
            )
            let stranger = try await fixture.test.someone("stranger")
            let partial = try await fixture.test.someone("partial")
            try await fixture.test.grant(.owner, on: try await fixture.test.machine("web").id, to: partial)
            let pool = try await fixture.pool("images")
            let volume = try await fixture.volumeID("free.img")
            let looking: [(String, [String: JSONValue])] = [
                ("pool.list", ["node": "n1"]), ("pool.show", ["pool": pool]), ("volume.list", ["pool": pool]),
                ("volume.show", ["volume": volume]),
            ]
            let changing: [(String, [String: JSONValue])] = [
                ("pool.refresh", ["pool": pool]),
                ("volume.create", ["pool": pool, "name": "x", "capacityBytes": 1_048_576]),
                ("volume.clone", ["volume": volume, "name": "y"]), ("volume.delete", ["volume": volume]),
            ]
            for (method, parameters) in looking {
                #expect(await fixture.failure(method, parameters, as: viewer) == nil, "\(method)")
                #expect(await fixture.failure(method, parameters, as: partial)?.code == .forbidden, "\(method)")
            }
            for (method, parameters) in changing {
                #expect(await fixture.failure(method, parameters, as: viewer)?.code == .forbidden, "\(method)")
                #expect(await fixture.failure(method, parameters, as: partial)?.code == .forbidden, "\(method)")
                for (other, more) in [("pool", 99), ("volume", 99)] where parameters[other] != nil {
                    var missing = parameters
                    missing[other] = .int(Int64(more))
                    let here = await fixture.failure(method, parameters, as: stranger)
                    let there = await fixture.failure(method, missing, as: stranger)
                    #expect(here == there && here?.code == .notFound, "\(method)")
                }
                #expect(await fixture.failure(method, parameters, as: admin) == nil, "\(method)")
            }
        }
    }
}
