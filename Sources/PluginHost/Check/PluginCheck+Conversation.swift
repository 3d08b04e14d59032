// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import PluginProtocol
import Synchronization

extension PluginCheck {
    /// A method that no version of the contract has.
    private static let unknownMethod = "gatehouse.check.unknown"
    /// Longer than a line may be.
    private static let longText = String(repeating: "\"é and so on \\ ", count: 70_000)
    /// Calls that are made at the same time.
    private static let atOnce = 64

    /// Everything that a plugin is asked from its start to its end.
    func checkConversation(_ subject: CheckSubject, _ sheet: CheckSheet) async {
        guard let highest = subject.manifest.offeredVersions.max() else { return }
        do {
            try await subject.withProcess { process in
                let answer = await sheet.check("it answers initialize") {
                    let answer = try await subject.initialize(process, offering: [highest]).get()
                    guard answer.contractVersion == highest else {
                        throw GatehouseError(.unsupported, "it chose version \(answer.contractVersion)")
                    }
                    return (answer, note: "\(answer.name) \(answer.version)")
                }
                guard answer != nil else { return }
                await checkBasics(process, subject, sheet)
                await checkRoutes(process, subject, sheet)
                await checkParts(process, subject, sheet)
                await checkOutput(process, sheet)
                await checkShutdown(process, subject, sheet)
            }
        } catch {
            sheet.add("the process runs", .failed((error as? GatehouseError)?.message ?? "\(error)"))
        }
    }

    private func checkBasics(_ process: PluginProcess, _ subject: CheckSubject, _ sheet: CheckSheet) async {
        let connection = process.connection
        await sheet.check("it answers ping") {
            let start = ContinuousClock.now
            try await connection.call(PingCall(), within: patience)
            return "after \(start.duration(to: .now).formatted)"
        }
        await sheet.check("it answers a method that it does not know with error -32601") {
            switch try await connection.request(Self.unknownMethod, [:], within: patience) {
            case .success: throw GatehouseError(.unsupported, "it answered with a result")
            case .failure(let error) where error.code == .methodNotFound: return ""
            case .failure(let error):
                throw GatehouseError(.unsupported, "it answered another error: \(error.message)")
            }
        }
        await sheet.check("it puts a message in chunks together") {
            let result = try await connection.call(
                PingCall.method, ["filling": .string(Self.longText)], within: patience * 3)
            _ = try EmptyAnswer(result: result)
            return "\(Self.longText.utf8.count) bytes"
        }
        await sheet.check("it answers \(Self.atOnce) calls that are made at once") {
            try await withThrowingTaskGroup { group in
                for _ in 0..<Self.atOnce {
                    group.addTask { _ = try await connection.call(PingCall(), within: patience) }
                }
                try await group.waitForAll()
            }
            return ""
        }
        await sheet.check("it leaves alone events and notifications that it does not know") {
            connection.notify(EventNotice.method, ["topic": "gatehouse.check", "data": [:]])
            connection.notify(Self.unknownMethod, ["anything": [1, nil, "x"]])
            for topic in subject.manifest.events {
                connection.notify(EventNotice.method, ["topic": .string(topic), "data": [:]])
            }
            if subject.manifest.parts.contains(.scheduler) {
                connection.notify(JobCancelNotice.method, ["job": .int(Int64(Self.unknownVersion))])
            }
            try await connection.call(PingCall(), within: patience)
            return ""
        }
    }

    private func checkParts(_ process: PluginProcess, _ subject: CheckSubject, _ sheet: CheckSheet) async {
        let connection = process.connection
        for poll in subject.manifest.polls {
            await sheet.check("the poll \(poll.name) comes back") {
                let call = PollCall(poll: poll.name, at: Date().ISO8601Format())
                let outcome = try await connection.request(
                    PollCall.method, try call.parameters(), within: max(patience, .seconds(poll.seconds)))
                switch outcome {
                case .success(let result):
                    _ = try EmptyAnswer(result: result)
                    return ""
                case .failure(let error) where error.code == .methodNotFound: throw error
                case .failure(let error): return "with an error, as there is no core: \(error.message)"
                }
            }
        }
        await sheet.check("it takes its configuration again") {
            try await connection.call(ConfigureCall(configuration: subject.configuration), within: patience)
            return ""
        }
        await sheet.check("its parts can be switched off and on") {
            try await connection.call(PartsChangedCall(parts: []), within: patience)
            try await connection.call(PartsChangedCall(parts: subject.manifest.parts), within: patience)
            return ""
        }
    }

    private func checkOutput(_ process: PluginProcess, _ sheet: CheckSheet) async {
        await sheet.check("it writes messages and nothing else to its output") {
            let broken = process.connection.state.withLock(\.brokenLines)
            guard broken == 0 else {
                throw GatehouseError(
                    .unsupported, "\(broken) lines were no messages; what is for people belongs on standard error")
            }
            return ""
        }
    }

    private func checkShutdown(_ process: PluginProcess, _ subject: CheckSubject, _ sheet: CheckSheet) async {
        await sheet.check("it answers shutdown, and ends") {
            let start = ContinuousClock.now
            try await process.connection.call(ShutdownCall(), within: subject.grace)
            guard await process.gone.wait(atMost: subject.grace) else {
                throw GatehouseError(.timeout, "it still runs after \(subject.grace), and would be killed")
            }
            return "after \(start.duration(to: .now).formatted)"
        }
    }
}

extension Duration {
    /// In milliseconds, for people.
    fileprivate var formatted: String {
        let tenths = components.seconds * 10_000 + components.attoseconds / 100_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
