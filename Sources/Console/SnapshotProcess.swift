// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model
import Subprocess
import SystemPackage

/// Takes pictures with the program `rfb-snapshot`, one process a picture, so that hostile servers stay outside.
package struct SnapshotProcess: PictureTaker {
    /// What the program reads on its standard input.
    private struct Order: Encodable {
        var host: String?
        var port: Int?
        var unix: String?
        var password: String?
    }

    private static let maximumBytes = 32 << 20
    private static let deadline: Duration = .seconds(10)

    private let executable: String

    /// Names the program by its absolute path.
    package init(executable: String) { self.executable = executable }

    /// The screen behind a VNC source, as PNG.
    ///
    /// - Throws: `consoleUnreachable` with what the program said, `timeout` after 10 s, `unsupported` where the
    ///   source is no listener that can be connected to twice.
    package func picture(of source: ConsoleSource) async throws -> Screenshot {
        let order = try order(for: source)
        let input = Array(try JSONEncoder().encode(order))
        return try await withThrowingTaskGroup(of: Screenshot.self) { group in
            group.addTask { try await run(input) }
            group.addTask {
                try await Task.sleep(for: Self.deadline)
                throw GatehouseError(.timeout, "The machine's VNC server did not answer in time.")
            }
            defer { group.cancelAll() }
            guard let picture = try await group.next() else { throw CancellationError() }
            return picture
        }
    }

    private func order(for source: ConsoleSource) throws -> Order {
        switch source {
        case .tcp(let host, let port, let credential):
            return Order(host: host, port: port, password: credential?.password)
        case .unix(let path, let credential):
            return Order(unix: path, password: credential?.password)
        case .descriptor, .ssh:
            throw GatehouseError(.unsupported, "This machine's screen can only be seen in its console.")
        }
    }

    private func run(_ input: [UInt8]) async throws -> Screenshot {
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .kill, allowedDurationToNextStep: .zero)]
        let result = try await Subprocess.run(
            .path(FilePath(executable)), environment: .custom(["PATH": "/usr/bin:/bin"]), platformOptions: options,
            input: .array(input), output: .bytes(limit: Self.maximumBytes), error: .string(limit: 4096))
        guard result.terminationStatus.isSuccess else {
            let said = ConsoleText.printable(result.standardError.utf8)
            throw GatehouseError(
                .consoleUnreachable, said.isEmpty ? "The picture could not be taken." : "No picture: \(said)")
        }
        return Screenshot(type: "image/png", bytes: result.standardOutput)
    }
}
