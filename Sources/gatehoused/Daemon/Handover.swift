// SPDX-License-Identifier: Apache-2.0

import HostSystem
import Model

/// What a service manager hands to the daemon when it starts it.
struct Handover: Sendable {
    /// The name of the socket for browsers among several.
    private static let socketName = "https"

    /// Where browsers come in; nil where the daemon has to open a socket of its own.
    var listener: ListeningSocket?
    /// Who wants to hear how the daemon is.
    var receiver: DatagramSender?
    /// In what time it wants to hear that the daemon still answers.
    var watchdog: Duration?

    /// Nothing was handed over.
    static let nothing = Handover()

    /// Takes it, and takes the variables that tell of it out of the environment, so that no child believes them.
    ///
    /// - Throws: `invalidParameters` where it is not what the daemon can use.
    static func take() throws -> Handover {
        let notify = OwnEnvironment.take("NOTIFY_SOCKET")
        let period = OwnEnvironment.take("WATCHDOG_USEC")
        let watched = OwnEnvironment.take("WATCHDOG_PID")
        var result = Handover()
        result.listener = try listener()
        if let notify { result.receiver = try sender(notify) }
        result.watchdog = try watchdog(microseconds: period, process: watched)
        return result
    }

    /// In what time the service manager wants to hear again; nil where it does not, or means another process.
    static func watchdog(
        microseconds: String?, process: String?, own: Int = ProcessTree.own
    ) throws(GatehouseError) -> Duration? {
        guard let microseconds, process.map({ Int($0) == own }) ?? true else { return nil }
        guard let number = Int(microseconds), number > 0 else {
            throw GatehouseError(.invalidParameters, "WATCHDOG_USEC is \"\(microseconds)\", not a number above zero.")
        }
        return .microseconds(number)
    }

    /// Which of several sockets is for browsers: the one of that name, or the only one.
    static func choice(of names: [String]) throws(GatehouseError) -> Int? {
        if names.count < 2 { return names.indices.first }
        let fitting = names.indices.filter { names[$0] == socketName }
        guard fitting.count == 1, let only = fitting.first else {
            throw GatehouseError(
                .invalidParameters,
                "\(names.count) sockets were handed over, and \(fitting.isEmpty ? "none" : "more than one") of them is "
                    + "named \(socketName). Hand over one, or set FileDescriptorName=\(socketName) in its socket unit.")
        }
        return only
    }

    private static func listener() throws -> ListeningSocket? {
        let handed: [(name: String, descriptor: OpenDescriptor)]
        do {
            handed = try SocketHandover.take()
        } catch SocketHandover.Problem.missing(let number) {
            throw GatehouseError(
                .invalidParameters, "LISTEN_FDS announces the descriptor \(number), but it is not open.")
        } catch SocketHandover.Problem.count(let text) {
            throw GatehouseError(.invalidParameters, "LISTEN_FDS is \"\(text)\", not a number from 0 to 64.")
        }
        guard let place = try choice(of: handed.map(\.name)) else { return nil }
        guard let socket = ListeningSocket(handed[place].descriptor) else {
            throw GatehouseError(
                .invalidParameters,
                "The socket \(handed[place].name) that was handed over does not listen for TCP connections. "
                    + "Set ListenStream=PORT in its socket unit.")
        }
        return socket
    }

    private static func sender(_ name: String) throws -> DatagramSender {
        guard name.hasPrefix("/") || name.hasPrefix("@"), name.utf8.count < 108 else {
            throw GatehouseError(
                .invalidParameters, "NOTIFY_SOCKET is \"\(name)\", neither a path nor @ with a name.")
        }
        return try DatagramSender(to: name)
    }
}
