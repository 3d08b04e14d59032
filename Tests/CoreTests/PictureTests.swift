// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import Synchronization
import TestSupport
import Testing

/// Takes pictures when it is told to, and counts.
private final class SlowCamera: PictureTaker {
    private struct State {
        var running = 0
        var most = 0
        var taken = 0
        var isHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    var most: Int { state.withLock { $0.most } }
    var taken: Int { state.withLock { $0.taken } }
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    func hold() { state.withLock { $0.isHeld = true } }

    func letGo() {
        let freed = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in freed { continuation.resume() }
    }

    func picture(of source: ConsoleSource) async throws -> Screenshot {
        state.withLock { state in
            state.running += 1
            state.most = max(state.most, state.running)
        }
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.isHeld { state.waiting.append(continuation) }
                return state.isHeld
            }
            if !isHeld { continuation.resume() }
        }
        return state.withLock { state in
            state.running -= 1
            state.taken += 1
            return Screenshot(type: "image/png", bytes: [UInt8(truncatingIfNeeded: state.taken)])
        }
    }
}

@Suite struct PictureTests {
    private func run(
        _ machines: [MachineSnapshot], _ body: @Sendable (TestCore, SlowCamera) async throws -> Void
    ) async throws {
        let (camera, hypervisor) = (SlowCamera(), FakeHypervisor(machines))
        hypervisor.setPicture(nil)
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)], taker: camera) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == machines.count }
            try await body(test, camera)
        }
    }

    @Test func `a picture is kept for five seconds`() async throws {
        try await run([.fake("web")]) { test, camera in
            let id = try await test.machine("web").id
            let first = try await test.core.pictures.picture(of: id)
            test.clock.advance(.milliseconds(4999))
            #expect(try await test.core.pictures.picture(of: id).image == first.image)
            #expect(try await test.core.pictures.picture(of: id).takenAt == first.takenAt)
            test.clock.advance(.milliseconds(1))
            #expect(try await test.core.pictures.picture(of: id).image != first.image)
            #expect(camera.taken == 2)
        }
    }

    @Test func `two pictures at most are taken at once, and many callers share one`() async throws {
        let machines = (1...6).map { MachineSnapshot.fake("m\($0)") }
        try await run(machines) { test, camera in
            camera.hold()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for machine in await test.core.inventory.allMachines() {
                    for _ in 0..<3 {
                        group.addTask { _ = try await test.core.pictures.picture(of: machine.id) }
                    }
                }
                try await eventually("two are being taken") { camera.waitingCount == 2 }
                camera.letGo()
                try await group.waitForAll()
            }
            #expect(camera.most == 2)
            #expect(camera.taken <= 12, "18 callers; two a machine where two began together")
        }
    }

    @Test func `more than a hundred callers do not wait`() async throws {
        try await run([.fake("web")]) { test, camera in
            let id = try await test.machine("web").id
            camera.hold()
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<110 {
                    group.addTask {
                        do {
                            _ = try await test.core.pictures.picture(of: id)
                            return false
                        } catch let error as GatehouseError where error.code == .rateLimited {
                            return true
                        }
                    }
                }
                var refused = 0
                while refused < 8, try await group.next() == true { refused += 1 }
                camera.letGo()
                return refused
            }
            #expect(refused == 8, "110 callers, two at work and a hundred waiting")
        }
    }

    @Test func `a machine that is off has no picture, and one that is not there is not found`() async throws {
        try await run([.fake("web", .off)]) { test, _ in
            let id = try await test.machine("web").id
            await expect(.conflict) { try await test.core.pictures.picture(of: id) }
            await expect(.notFound) {
                try await test.core.pictures.picture(of: MachineID(node: id.node, uuid: UUID()))
            }
        }
    }

    @Test func `a picture that fails is tried again at once, and blocks no place`() async throws {
        let hypervisor = FakeHypervisor([.fake("web")])
        try await TestCore.run(nodes: [TestCore.node("one", hypervisor)]) { test in
            try await eventually("it is there") { await test.core.inventory.allMachines().count == 1 }
            let id = try await test.machine("web").id
            for _ in 0..<5 {
                hypervisor.fail(GatehouseError(.timeout, "slow"))
                await expect(.timeout) { try await test.core.pictures.picture(of: id) }
            }
            #expect(try await test.core.pictures.picture(of: id).image.type == "image/png")
        }
    }
}
