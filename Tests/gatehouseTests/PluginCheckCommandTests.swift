// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONRPC
import Model
import Synchronization
import Testing

@testable import gatehouse

/// The command `gatehouse plugin check`, with the example in Python.
@Suite(.timeLimit(.minutes(1))) struct PluginCheckCommandTests {
    private static let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples/hello-python").path

    /// What a command line prints, and how it fails.
    private static func run(_ arguments: [String]) async -> (text: String, failure: Failure?) {
        let printed = Mutex("")
        var surroundings = Surroundings.process
        surroundings.out = { text in printed.withLock { $0 += text } }
        var failure: Failure?
        do {
            let command = try PluginCheckCommand.parse(arguments + ["--no-sandbox"])
            try await Surroundings.$current.withValue(surroundings) { try await command.run() }
        } catch let error as Failure {
            failure = error
        } catch {
            Issue.record(error)
        }
        return (printed.withLock(\.self), failure)
    }

    @Test func `every check of a good plugin is a line, and the sum is the last`() async throws {
        let (text, failure) = await Self.run([Self.example])
        #expect(failure == nil)
        let lines = text.split(separator: "\n")
        #expect(lines.dropLast().allSatisfy { $0.hasPrefix("ok    ") || $0.hasPrefix("skip  ") }, "\(text)")
        #expect(lines.last?.contains(" 0 failed") == true)
    }

    @Test func `for programs each check is a line of JSON`() async throws {
        let (text, failure) = await Self.run([Self.example, "--json", "--config", #"{"greeting":"Hi"}"#])
        #expect(failure == nil)
        let lines = try text.split(separator: "\n").map { try JSONParser.parse(String($0)) }
        #expect(lines.count > 15 && lines.allSatisfy { $0["check"]?.stringValue != nil && $0["outcome"] != nil })
    }

    @Test func `what fails is said, and in the exit status`() async throws {
        let (text, failure) = await Self.run([Self.example + "-gone"])
        #expect(failure?.status == .failed && text.hasPrefix("FAIL  "))
        let wrong = await Self.run([Self.example, "--config", "{"])
        #expect(wrong.failure?.status == .usage)
        let missing = await Self.run([Self.example, "--launcher", "/nowhere"])
        #expect(missing.failure?.message.contains("/nowhere") == true)
    }
}
