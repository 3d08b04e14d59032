// SPDX-License-Identifier: Apache-2.0

import Core
import Model
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventBusTests {
    private func event(_ number: Int) -> CoreEvent { .nodeChanged(NodeID(Int64(number))) }

    private func all(of subscription: EventBus.Subscription) async -> [CoreEvent] {
        var events: [CoreEvent] = []
        for await event in subscription.events { events.append(event) }
        return events
    }

    @Test func `every listener gets every event in order`() async throws {
        let bus = EventBus()
        let listeners = [try bus.subscribe(), try bus.subscribe()]
        for number in 1...100 { bus.publish(event(number)) }
        bus.close()
        for listener in listeners { #expect(await all(of: listener) == (1...100).map(event)) }
    }

    @Test func `a listener that falls behind is cut off, and misses nothing before that`() async throws {
        let bus = EventBus(backlog: 10)
        let slow = try bus.subscribe()
        for number in 1...11 { bus.publish(event(number)) }
        #expect(bus.listenerCount == 0)
        bus.publish(event(12))
        #expect(await all(of: slow) == (1...10).map(event), "no gap, then the end")
    }

    @Test func `one slow listener costs the others nothing`() async throws {
        let bus = EventBus(backlog: 10)
        let slow = try bus.subscribe()
        let quick = try bus.subscribe()
        var iterator = quick.events.makeAsyncIterator()
        for number in 1...50 {
            bus.publish(event(number))
            #expect(await iterator.next() == event(number))
        }
        #expect(bus.listenerCount == 1)
        #expect(await all(of: slow).count == 10)
    }

    @Test func `only so many may listen, and one that leaves makes room`() async throws {
        let bus = EventBus(maximumListeners: 2)
        let first = try bus.subscribe()
        _ = try bus.subscribe()
        await expect(.limitExceeded) { try bus.subscribe() }
        bus.unsubscribe(first.id)
        bus.unsubscribe(first.id)
        _ = try bus.subscribe()
        #expect(await all(of: first) == [])
    }

    @Test func `after the end nothing comes any more`() async throws {
        let bus = EventBus()
        bus.close()
        let late = try bus.subscribe()
        bus.publish(event(1))
        #expect(await all(of: late) == [])
        #expect(bus.listenerCount == 0)
    }
}
