// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Sessions that were given out and have not logged in, or have logged out.
///
/// They open nothing: they only tell a client that is known from one that is not. They live in memory, and the
/// oldest give way to new ones.
final class StrangerSessions: Sendable {
    private struct State {
        /// By their numbers, which are looked up faster than texts.
        var known: Set<UInt128> = []
        var order: [UInt128] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Gives out a new session.
    func begin() -> String {
        let number = UUIDText.randomNumber()
        insert(number)
        return UUIDText.text(number)
    }

    /// Notes a session that is no longer a login.
    func insert(_ session: String) {
        if let number = UUIDText.number(session) { insert(number) }
    }

    private func insert(_ session: UInt128) {
        state.withLock { state in
            guard state.known.insert(session).inserted else { return }
            if state.order.count < capacity {
                state.order.append(session)
            } else {
                state.known.remove(state.order[state.oldest])
                state.order[state.oldest] = session
                state.oldest = (state.oldest + 1) % capacity
            }
        }
    }

    /// Whether it is one of these.
    func contains(_ session: String) -> Bool {
        guard let session = UUIDText.number(session) else { return false }
        return state.withLock { $0.known.contains(session) }
    }
}
