// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import Model
import TestSupport
import Testing

/// The core API over a whole core with two nodes: `n1` has the machines web and db, `n2` has mail.
struct APIFixture: Sendable {
    let test: TestCore
    let api: CoreAPI
    let hypervisors: [FakeHypervisor]
    /// A superuser in a session.
    let root: Principal
    /// A user without any right.
    let plain: Principal

    /// Runs a test.
    static func run(
        plugins: any PluginControl = NoPlugins(), _ body: @Sendable (APIFixture) async throws -> Void
    ) async throws {
        let hypervisors = [FakeHypervisor([.fake("web"), .fake("db", .off)]), FakeHypervisor([.fake("mail")])]
        let nodes = [TestCore.node("n1", hypervisors[0]), TestCore.node("n2", hypervisors[1])]
        try await TestCore.run(nodes: nodes, plugins: plugins) { test in
            try await eventually("they are there") { await test.core.inventory.allMachines().count == 3 }
            let fixture = APIFixture(
                test: test, api: CoreAPI(core: test.core, version: "1.2.3", logger: TestCore.quiet),
                hypervisors: hypervisors, root: try await test.someone("root", .superUser),
                plain: try await test.someone("plain"))
            try await body(fixture)
        }
    }

    /// Calls a method.
    @discardableResult
    func call(
        _ method: String, _ parameters: [String: JSONValue] = [:], as principal: Principal
    ) async throws -> JSONValue {
        try await api.call(method, parameters, principal: principal)
    }

    /// Calls a method that must fail, and gives the error.
    func failure(
        _ method: String, _ parameters: [String: JSONValue] = [:], as principal: Principal
    ) async -> GatehouseError? {
        do {
            try await call(method, parameters, as: principal)
            return nil
        } catch {
            return error as? GatehouseError
        }
    }

    /// How callers write the machine of that name.
    func address(_ name: String) async throws -> JSONValue {
        .string(try await test.machine(name).address.description)
    }

    /// Makes a user, logs it in and gives it a level on a machine.
    func user(_ name: String, _ level: AccessLevel, on machine: String) async throws -> Principal {
        let principal = try await test.someone(name)
        try await test.grant(level, on: try await test.machine(machine).id, to: principal)
        return principal
    }

    /// Every line of the audit log, newest first.
    func audit() async throws -> [AuditEntry] {
        try await test.core.audit.entries(AuditFilter(limit: 500)).entries
    }

    /// Every method, by name.
    var methods: [Method] { api.methods.values.sorted { $0.name < $1.name } }
}

extension Method {
    /// Parameters that fit, with that machine where one is named; what must not be given together is left out.
    func fitting(machine: JSONValue) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for parameter in parameters where parameter.isRequired { values[parameter.name] = parameter.fitting }
        if parameters.contains(where: { $0.name == "machine" }) { values["machine"] = machine }
        return values
    }

    /// Whether it takes a machine.
    var takesMachine: Bool { parameters.contains { $0.name == "machine" } }
}

extension Parameter {
    /// A value that fits.
    var fitting: JSONValue {
        switch kind {
        case .string: "n-1"
        case .int(let range): .int(range.lowerBound)
        case .bool: true
        case .word(let words): .string(words.first ?? "")
        case .words(let words, _): .array(words.prefix(1).map(JSONValue.string))
        case .texts: ["n-1"]
        case .ints(let range, _): [.int(range.lowerBound)]
        case .object: [:]
        case .any: 1
        }
    }

    /// Values that do not fit.
    var unfitting: [JSONValue] {
        let wrong: [JSONValue] = [.object([:]), .double(1.5)]
        switch kind {
        case .string(let maximum):
            return wrong + [5, true, [], .string(String(repeating: "x", count: maximum + 1)), "a\u{0}b"]
        case .int(let range):
            var values = wrong + ["1", true, []]
            if range.lowerBound > .min { values.append(.int(range.lowerBound - 1)) }
            if range.upperBound < .max { values.append(.int(range.upperBound + 1)) }
            return values
        case .bool: return wrong + ["true", 1, []]
        case .word: return wrong + ["nonsense", "", 1, []]
        case .words(let words, let maximum):
            let many = Array(repeating: JSONValue.string(words.first ?? ""), count: maximum + 1)
            return wrong + ["ctrl", ["nonsense"], [1], .array(many)]
        case .texts(let maximum):
            return wrong + ["text", [1], .array(Array(repeating: "x", count: maximum + 1))]
        case .ints(let range, let maximum):
            return wrong + [
                1, ["1"], [.double(1.5)], .array(Array(repeating: .int(range.lowerBound), count: maximum + 1)),
            ]
        case .object(let maximum): return ["text", 1, [], ["a": .string(String(repeating: "x", count: maximum))]]
        case .any(let maximum): return [.string(String(repeating: "x", count: maximum))]
        }
    }
}
