// SPDX-License-Identifier: Apache-2.0

import Core
import Model

/// Carries what happens on event loops over to the actors of the core, in order.
struct ConsoleJournal: Sendable {
    enum Entry: Sendable {
        /// Somebody typed or moved the mouse.
        case activity(SessionID)
        /// A console is over.
        case ended(ConsoleRegistry.Grant, bytesIn: Int64, bytesOut: Int64, UInt16)
    }

    private let core: CoreServices
    // Not bounded: each console adds at most one entry in five seconds and one at its end, and consoles are.
    private let entries: AsyncStream<Entry>
    private let continuation: AsyncStream<Entry>.Continuation

    init(core: CoreServices) {
        self.core = core
        (entries, continuation) = AsyncStream.makeStream(of: Entry.self)
    }

    /// Adds an entry; may be called from any thread.
    func note(_ entry: Entry) { continuation.yield(entry) }

    /// Takes entries until `finish` and there are none left.
    func run() async {
        for await entry in entries { await take(entry) }
    }

    /// Takes no more entries.
    func finish() { continuation.finish() }

    private func take(_ entry: Entry) async {
        switch entry {
        case .activity(let session): await core.sessions.touch(session)
        case .ended(let grant, let bytesIn, let bytesOut, let code):
            await core.consoles.disconnected(grant, transferred: (bytesIn, bytesOut))
            await recordEnd(grant, bytesIn: bytesIn, bytesOut: bytesOut, code: code)
        }
    }

    private func recordEnd(_ grant: ConsoleRegistry.Grant, bytesIn: Int64, bytesOut: Int64, code: UInt16) async {
        let session = await core.sessions.live(grant.session)
        let user = session.flatMap { core.access.user($0.user)?.name }
        let machine = await core.inventory.machine(grant.key.machine)
        let principal = Principal(identity: .anonymous, address: session?.address ?? "unknown")
        await core.audit.record(
            "console.close", by: principal, user: user,
            target: "machine=\(machine?.address.description ?? "gone") type=\(grant.key.type.rawValue)",
            outcome: .ok, detail: "close code \(code), \(bytesIn) bytes in, \(bytesOut) bytes out")
    }
}
