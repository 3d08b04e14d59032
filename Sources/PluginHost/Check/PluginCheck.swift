// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import Model
import PluginProtocol

/// Runs a plugin's folder through all that the contract asks of it.
package struct PluginCheck: Sendable {
    /// The plugin's folder.
    package var folder: String
    /// The path of `gatehouse-launch`.
    package var launcher: String
    /// `config` of its row in the plugin table.
    package var configuration: JSONValue = .null
    /// Whether it runs in the sandbox where there is one.
    package var isSandboxed = true
    /// How long it may take to start and answer the first call.
    package var startTime: Duration = .seconds(10)
    /// How long an answer may take.
    package var patience: Duration = .seconds(10)
    /// How long it may take to end.
    package var grace: Duration = .seconds(5)

    /// A version of the contract that nobody speaks.
    static let unknownVersion = 9_999

    /// Makes a check of a folder.
    package init(folder: String, launcher: String) {
        self.folder = folder
        self.launcher = launcher
    }

    /// Checks everything, and tells each finding as it comes.
    @concurrent package func run(_ tell: @escaping @Sendable (CheckLine) -> Void) async -> CheckReport {
        let sheet = CheckSheet(tell)
        let log = LogRing()
        let scratch = FileManager.default.temporaryDirectory.path + "/gatehouse-check-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let store = PluginStore(folder: scratch + "/store")
        let candidate = await sheet.check("the folder can be loaded, and its manifest is right") {
            try store.reset()
            let candidate = try PluginCandidate.load(folder: folder, into: store)
            return (candidate, note: "\(candidate.manifest.name) \(candidate.manifest.version)")
        }
        if let candidate { await check(candidate, sheet, log, scratch: scratch) }
        return CheckReport(lines: sheet.found, log: log.lines(limit: 1_000).map(\.text))
    }

    private func check(_ candidate: PluginCandidate, _ sheet: CheckSheet, _ log: LogRing, scratch: String) async {
        let manifest = candidate.manifest
        let configuration = await sheet.check("the configuration is one that the manifest describes") {
            let whole = try manifest.configured(self.configuration)
            return (whole, note: self.configuration.isNull ? "with its defaults" : "as given")
        }
        await sheet.check("the pages are there") {
            guard !manifest.pages.isEmpty else { throw CheckSkip(why: "the manifest has none") }
            return manifest.pages.map(\.file).joined(separator: ", ")
        }
        guard manifest.command != nil else {
            return sheet.add("the process", .skipped("the plugin has pages only, and no process"))
        }
        let command = await sheet.check("the command can be executed") {
            let words = try candidate.command(root: candidate.copy) ?? []
            return (words, note: (manifest.command ?? []).joined(separator: " "))
        }
        guard command != nil else { return }
        guard let configuration else {
            return sheet.add("the process", .skipped("it needs a configuration"))
        }
        var launch = PluginLaunch(
            candidate: candidate, launcher: launcher, dataFolder: scratch + "/data", sandbox: nil)
        launch.sandbox = await sandbox(sheet)
        launch.hasNetwork = manifest.permissions.contains(Permission.network.name)
        let subject = CheckSubject(
            launch: launch, configuration: configuration, log: log, core: StandInCore(manifest),
            startTime: startTime, grace: grace)
        await checkHandshake(subject, sheet)
        await checkConversation(subject, sheet)
        await checkEndOfInput(subject, sheet)
        await sheet.check("it asks for the permissions that it uses") {
            let unasked = subject.core.unasked
            guard unasked.isEmpty else {
                throw GatehouseError(
                    .forbidden,
                    "it called \(unasked.joined(separator: ", ")); name that under permissions in the manifest")
            }
            let methods = subject.core.methods
            return methods.isEmpty ? "it called nothing" : "it called \(methods.joined(separator: ", "))"
        }
    }

    private func sandbox(_ sheet: CheckSheet) async -> Sandbox? {
        guard isSandboxed else {
            sheet.add("the sandbox", .skipped("you asked for none"))
            return nil
        }
        switch await Sandbox.probe() {
        case .available:
            sheet.add("the sandbox", .passed("it is checked as it will run"))
            return Sandbox(hidden: [])
        case .unavailable(let reason):
            sheet.add("the sandbox", .skipped(reason))
            return nil
        }
    }
}

/// What is checked, and with what.
struct CheckSubject: Sendable {
    let launch: PluginLaunch
    let configuration: [String: JSONValue]
    let log: LogRing
    let core: StandInCore
    let startTime: Duration
    let grace: Duration

    var manifest: Manifest { launch.candidate.manifest }

    /// Runs the plugin's process for as long as the body takes; its calls are answered by the stand-in.
    func withProcess<Made: Sendable>(_ body: (PluginProcess) async throws -> Made) async throws -> Made {
        let process = try PluginProcess(launch, log: log)
        return try await withThrowingTaskGroup { group in
            group.addTask { log.note(await process.run()) }
            group.addTask {
                for await request in process.connection.requests {
                    process.connection.answer(request, core.answer(request.method, request.parameters))
                }
            }
            let outcome: Result<Made, any Error>
            do { outcome = .success(try await body(process)) } catch { outcome = .failure(error) }
            await process.end(within: grace)
            try await group.waitForAll()
            return try outcome.get()
        }
    }

    /// The first call, offering versions of the contract.
    func initialize(_ process: PluginProcess, offering versions: [Int]) async throws -> Result<
        InitializeCall.Answer, GatehouseError
    > {
        let call = InitializeCall(
            contractVersions: versions, hostVersion: "0", plugin: manifest.name, configuration: configuration,
            parts: manifest.parts, dataDirectory: launch.visibleDataFolder)
        let outcome = try await process.connection.request(
            InitializeCall.method, try call.parameters(), within: startTime)
        switch outcome {
        case .success(let result): return .success(try InitializeCall.Answer(result: result))
        case .failure(let error): return .failure(error)
        }
    }
}
