// SPDX-License-Identifier: Apache-2.0

import CHost

/// What a thread waits for on a descriptor (poll(2)).
package struct Readiness: Sendable {
    /// What it is waited for.
    package struct Wish: OptionSet, Sendable {
        /// The bits of the system.
        package let rawValue: CShort

        /// Takes over the bits of the system.
        package init(rawValue: CShort) { self.rawValue = rawValue }

        /// Something can be read, or the other end is closed.
        package static let reading = Wish(rawValue: CShort(POLLIN))
        /// Something can be written.
        package static let writing = Wish(rawValue: CShort(POLLOUT))
    }

    /// The descriptor; nil for none, which is never ready.
    package var descriptor: OpenDescriptor?
    /// What it is waited for.
    package var wish: Wish
    /// Whether something can be done now, be it to learn of a failure.
    package private(set) var isReady = false

    /// Makes a wish.
    package init(_ descriptor: OpenDescriptor?, _ wish: Wish) {
        self.descriptor = descriptor
        self.wish = wish
    }

    /// Blocks this thread until one of them is ready, or until that many milliseconds have passed; nil for ever.
    package static func wait(for wishes: inout [Readiness], milliseconds: Int?) {
        var entries = wishes.map { wish in
            pollfd(fd: wish.descriptor?.number ?? -1, events: wish.wish.rawValue, revents: 0)
        }
        let limit = milliseconds.map { CInt(clamping: max(0, $0)) } ?? -1
        let count = unsafe poll(&entries, nfds_t(entries.count), limit)
        for place in wishes.indices { wishes[place].isReady = count > 0 && entries[place].revents != 0 }
    }
}

/// Something that wakes a thread which waits for readiness (eventfd(2)).
package final class Wakeup: Sendable {
    /// What the thread waits on, for reading.
    package let descriptor: OpenDescriptor

    /// Makes one that is asleep.
    package init() throws(SystemFailure) {
        let number = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        guard number >= 0 else { throw SystemFailure.last }
        descriptor = OpenDescriptor(owning: number)
    }

    /// Wakes the thread, or keeps it from falling asleep next time.
    package func wake() { _ = eventfd_write(descriptor.number, 1) }

    /// Forgets earlier calls of `wake`.
    package func rest() { _ = descriptor.read(most: 8) }
}
