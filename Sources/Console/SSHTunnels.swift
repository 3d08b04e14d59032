// SPDX-License-Identifier: Apache-2.0

package import Logging
import Model
import NIOCore
import NIOPosix
import Subprocess
import Synchronization
import SystemPackage

/// The owner of the ssh processes that carry consoles.
///
/// Each tunnel is a child whose standard input and output are pipes of ours. It ends with its channel: closing the
/// channel ends the child, first politely, then for certain, and every child is waited for. Give `run()` a place
/// among the services, before whatever opens consoles.
package final class SSHTunnels: Sendable {
    private enum State {
        case idle
        case running(AsyncStream<SSHOrder>.Continuation)
        case stopped
    }

    private let executable: String
    private let logger: Logger
    private let state = Mutex(State.idle)

    /// Makes an owner that runs nothing yet; `executable` is a name to look up or an absolute path.
    package init(executable: String = "ssh", logger: Logger) {
        self.executable = executable
        self.logger = logger
    }

    /// Whether `run()` is at work and tunnels can be opened.
    var isRunning: Bool {
        state.withLock { state in
            if case .running = state { true } else { false }
        }
    }

    /// Runs tunnels until it is cancelled; then all children are ended and waited for.
    package func run() async {
        let (orders, continuation) = AsyncStream.makeStream(of: SSHOrder.self)
        state.withLock { $0 = .running(continuation) }
        await withDiscardingTaskGroup { group in
            await withTaskCancellationHandler {
                for await order in orders {
                    group.addTask(name: "ssh tunnel") { await self.carry(order) }
                }
            } onCancel: {
                continuation.finish()
            }
            group.cancelAll()
        }
        state.withLock { $0 = .stopped }
    }

    /// Starts ssh; the future's channel is its standard input and output.
    ///
    /// `exit` gets what ssh said on its error output when it has ended, or nil if it never started.
    func open(
        _ tunnel: SSHTunnel, connectTimeout: TimeAmount, on eventLoop: any EventLoop, exit: EventLoopPromise<String?>
    ) -> EventLoopFuture<any Channel> {
        let order: SSHOrder
        do {
            let arguments = try SSHArguments(tunnel, connectTimeout: connectTimeout.nanoseconds / 1_000_000_000)
            order = try SSHOrder(arguments: arguments, exit: exit)
        } catch {
            exit.succeed(nil)
            return eventLoop.makeFailedFuture(error)
        }
        return NIOPipeBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .takingOwnershipOfDescriptors(input: order.ourInput.rawValue, output: order.ourOutput.rawValue)
            .flatMapErrorThrowing { error in
                try? order.ourInput.close()
                try? order.ourOutput.close()
                throw error
            }
            .flatMapThrowing { channel in
                try self.submit(order, channel)
                return channel
            }
    }

    private func submit(_ order: SSHOrder, _ channel: any Channel) throws {
        order.setChannelClosed(channel.closeFuture)
        let isTaken = state.withLock { state in
            guard case .running(let continuation) = state else { return false }
            if case .enqueued = continuation.yield(order) { return true }
            return false
        }
        guard !isTaken else { return }
        channel.close(promise: nil)
        throw GatehouseError(.consoleUnreachable, "The host is stopping; try again later.")
    }

    /// One child from start to end.
    private func carry(_ order: SSHOrder) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(name: "ssh process") { try await self.execute(order) }
                group.addTask(name: "ssh channel") {
                    await order.waitForChannel()
                    throw CancellationError()
                }
                // Whichever ends first ends the other.
                try await group.next()
                group.cancelAll()
            }
        } catch {
            logger.debug("an ssh tunnel ended", metadata: ["error": "\(error)"])
        }
        order.finish()
    }

    private func execute(_ order: SSHOrder) async throws {
        guard let (input, output) = order.takeChildEnds() else { return }
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(1))]
        let program: Executable = executable.hasPrefix("/") ? .path(FilePath(executable)) : .name(executable)
        _ = try await Subprocess.run(
            program, arguments: Arguments(order.arguments.list), platformOptions: options,
            input: .fileDescriptor(input, closeAfterSpawningProcess: true),
            output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .sequence
        ) { execution in
            for try await line in execution.standardError.strings() { order.note(line) }
        }
    }
}
