// SPDX-License-Identifier: Apache-2.0

import CHost

/// The descriptors that a service manager leaves open for a process that it starts (sd_listen_fds(3)).
package struct SocketHandover: Sendable, Equatable {
    /// The first descriptor that is handed over.
    private static let first: CInt = 3
    /// More are taken for a mistake.
    private static let most = 64

    /// Why what the variables say can not be followed.
    package enum Problem: Error, Sendable, Equatable {
        /// `LISTEN_FDS` is not a number from 0 to 64.
        case count(String)
        /// A descriptor that was announced is not open.
        case missing(Int)
    }

    /// The names of the descriptors, in their order; one without a name is called `unknown`.
    package let names: [String]

    /// Reads the three variables `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`.
    ///
    /// There are none where the first names another process: then they were meant for that one.
    package init(process: String?, count: String?, names: String?, own: Int = ProcessTree.own) throws(Problem) {
        guard let process, Int(process) == own, let count else {
            self.names = []
            return
        }
        guard let number = Int(count), (0...Self.most).contains(number) else { throw Problem.count(count) }
        let given = names.map { $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init) } ?? []
        self.names = (0..<number).map { $0 < given.count && !given[$0].isEmpty ? given[$0] : "unknown" }
    }

    /// Takes the variables out of the environment and the descriptors over; children get neither.
    package static func take() throws(Problem) -> [(name: String, descriptor: OpenDescriptor)] {
        let handover = try SocketHandover(
            process: OwnEnvironment.take("LISTEN_PID"), count: OwnEnvironment.take("LISTEN_FDS"),
            names: OwnEnvironment.take("LISTEN_FDNAMES"))
        var taken: [(name: String, descriptor: OpenDescriptor)] = []
        for (place, name) in handover.names.enumerated() {
            let number = first + CInt(place)
            guard gatehouse_close_at_exec(number) == 0 else { throw Problem.missing(Int(number)) }
            taken.append((name, OpenDescriptor(owning: number)))
        }
        return taken
    }
}
