// SPDX-License-Identifier: Apache-2.0

import HostSystem
package import Model
import PluginProtocol
import Subprocess
import Synchronization
import SystemPackage

/// One process of a plugin, from its start until nothing of it is left.
package final class PluginProcess: Sendable {
    /// The child's ends of the pipes, until it has them.
    private struct ChildEnds {
        let input: OpenDescriptor
        let output: OpenDescriptor
        let errors: OpenDescriptor
    }

    private struct State {
        var ends: ChildEnds?
        var launcher: RunningProcess?
        var isWanted = true
        var hasBegun = false
    }

    /// How long the process may take to be seen as ended once it has closed its output.
    private static let settling: Duration = .milliseconds(300)
    /// How long the launcher may take to end everything.
    private static let patience: Duration = .seconds(5)

    /// The conversation with it.
    package let connection: PluginConnection
    /// Opens when nothing of it is left.
    package let gone = Latch()
    private let launch: PluginLaunch
    private let thread: ReadingThread
    private let state: Mutex<State>

    /// Makes the pipes; `run()` starts the process.
    ///
    /// - Throws: `pluginFailed` where the system has no room.
    package init(_ launch: PluginLaunch, log: LogRing) throws {
        let name = launch.candidate.manifest.name
        self.launch = launch
        do {
            let input = try OpenDescriptor.pipe()
            let output = try OpenDescriptor.pipe()
            let errors = try OpenDescriptor.pipe()
            connection = try PluginConnection(plugin: name, input: input.writing, log: log)
            thread = try ReadingThread(connection, output: output.reading, errors: errors.reading)
            state = Mutex(
                State(ends: ChildEnds(input: input.reading, output: output.writing, errors: errors.writing)))
        } catch let failure as SystemFailure {
            throw PluginConnection.noResources(name, failure)
        }
    }

    /// The plugin's own process, below the launcher and the sandbox; nil before it runs and afterwards.
    package var number: Int? {
        guard var process = state.withLock({ $0.launcher?.number }) else { return nil }
        // In the sandbox there are bubblewrap and its first process in between.
        for _ in 0..<(launch.sandbox == nil ? 1 : 3) {
            guard let child = ProcessTree.children(of: process).first else { return nil }
            process = child
        }
        return process
    }

    /// The memory of it and all that it started, in KiB.
    package var memoryKiB: Int? { number.flatMap { ProcessTree.memoryKiB(of: $0) } }

    /// Starts it and returns when nothing of it is left; the answer is how it ended, for people.
    ///
    /// To be called once.
    package func run() async -> String {
        defer {
            state.withLock { $0.ends = nil }
            connection.fail(PluginConnection.ended(connection.plugin, "its process ended"))
            gone.open()
        }
        do {
            return try await execute()
        } catch let error as GatehouseError {
            return error.message
        } catch {
            return "It can not be started: \(error)"
        }
    }

    private func execute() async throws -> String {
        try launch.prepare()
        let arguments = try launch.arguments(host: ProcessTree.own)
        // Numbers only: whoever held the ends themselves would keep them open.
        let numbers = state.withLock { state in
            state.hasBegun = true
            return state.isWanted ? state.ends.map { [$0.input.number, $0.output.number, $0.errors.number] } : nil
        }
        guard let numbers else { return "It was not started." }
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: Self.patience)]
        let variables = launch.environment.map { (Environment.Key(rawValue: $0.name), $0.value) }
        let environment = Dictionary(
            uniqueKeysWithValues: variables.compactMap { name, value in name.map { ($0, value) } })
        // The child's ends are closed as soon as it has them: an end that stays open here hides the end of the file.
        let result = try await Subprocess.run(
            .path(FilePath(launch.launcher)), arguments: Arguments(arguments),
            environment: .custom(environment), workingDirectory: FilePath(launch.candidate.copy),
            platformOptions: options,
            input: .fileDescriptor(FileDescriptor(rawValue: numbers[0]), closeAfterSpawningProcess: false),
            output: .fileDescriptor(FileDescriptor(rawValue: numbers[1]), closeAfterSpawningProcess: false),
            error: .fileDescriptor(FileDescriptor(rawValue: numbers[2]), closeAfterSpawningProcess: false)
        ) { execution in
            try await accompany(Int(execution.processIdentifier.value))
        }
        state.withLock { $0.launcher = nil }
        return Self.text(result.terminationStatus)
    }

    /// Watches over the running launcher until its streams are closed.
    private func accompany(_ number: Int) async throws {
        let isWanted = state.withLock { state in
            state.ends = nil
            state.launcher = try? RunningProcess(number)
            return state.isWanted
        }
        do {
            try thread.start()
        } catch {
            connection.fail(PluginConnection.noResources(connection.plugin, error))
            connection.finished.open()
        }
        if !isWanted { kill() }
        await connection.ended.wait()
        // One that ended by itself is given the time to say with which status.
        if connection.hasBrokenContract { kill() }
        if await !connection.finished.wait(atMost: Self.settling) { kill() }
        await connection.finished.wait()
        kill()
    }

    private static func text(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(0): "It ended by itself."
        case .exited(let code) where code > 128 && code < 128 + 65: "It was ended by signal \(code - 128)."
        case .exited(127): "It ended with status 127: its command was not found."
        case .exited(let code): "It ended with status \(code)."
        case .signaled(let signal): "Its launcher was ended by signal \(signal)."
        }
    }
}

// MARK: - Ending

extension PluginProcess {
    /// Ends it at once, with everything that it started.
    package func kill() {
        let hasBegun = state.withLock { state in
            state.isWanted = false
            state.launcher?.end(.polite)
            return state.hasBegun
        }
        // One that was never run is gone already.
        if !hasBegun { gone.open() }
    }

    /// Asks it to end, waits for that as long as it may take, then ends it; returns when nothing of it is left.
    package func end(within grace: Duration) async {
        let clock = ContinuousClock()
        let deadline = clock.now + grace
        if !gone.isOpen, state.withLock({ $0.launcher != nil }) {
            _ = try? await connection.call(ShutdownCall(), within: grace)
            connection.closeInput()
            if await !gone.wait(atMost: max(.zero, clock.now.duration(to: deadline))) {
                connection.log.note("It did not end within \(grace), so it was killed.")
            }
        }
        kill()
        guard await !gone.wait(atMost: Self.patience) else { return }
        // A launcher that was stopped or hangs ends nobody: do its work.
        endForCertain()
        await gone.wait()
    }

    private func endForCertain() {
        state.withLock { state in
            guard let launcher = state.launcher else { return }
            let members = ProcessTree.members(of: launcher.number).dropFirst().compactMap { try? RunningProcess($0) }
            for member in members { member.end(.certain) }
            launcher.end(.certain)
        }
    }
}

// MARK: - The first call

extension PluginProcess {
    /// What a plugin is told at its start.
    package struct Greeting: Sendable {
        /// The version of Gatehouse.
        package var hostVersion: String
        /// Its configuration, with the defaults.
        package var configuration: [String: JSONValue]
        /// The parts that are on.
        package var parts: [PluginPart]

        /// Makes a greeting.
        package init(hostVersion: String, configuration: [String: JSONValue], parts: [PluginPart]) {
            self.hostVersion = hostVersion
            self.configuration = configuration
            self.parts = parts
        }
    }

    /// Makes the first call and checks the answer.
    ///
    /// - Throws: `unsupported` where the plugin refuses or chooses a version that was not offered, so that another
    ///   start would not help; `timeout` and `pluginFailed` where it might.
    package func initialize(_ greeting: Greeting, within time: Duration) async throws {
        let manifest = launch.candidate.manifest
        let offered = manifest.offeredVersions
        let call = InitializeCall(
            contractVersions: offered, hostVersion: greeting.hostVersion, plugin: manifest.name,
            configuration: greeting.configuration, parts: greeting.parts, dataDirectory: launch.visibleDataFolder)
        let outcome = try await connection.request(InitializeCall.method, try call.parameters(), within: time)
        switch outcome {
        case .failure(let error):
            throw GatehouseError(
                .unsupported, "The plugin \(manifest.name) refused to start: \(error.message)")
        case .success(let result):
            guard let answer = try? InitializeCall.Answer(result: result) else {
                throw GatehouseError(
                    .unsupported,
                    "The plugin \(manifest.name) answered initialize without contractVersion, name and version.")
            }
            guard let highest = offered.max(), answer.contractVersion == highest else {
                let list = offered.map(String.init).joined(separator: ", ")
                throw GatehouseError(
                    .unsupported,
                    "The plugin \(manifest.name) wants version \(answer.contractVersion) of the contract; it was "
                        + "offered \(list). Update the older of the two.")
            }
        }
    }
}
