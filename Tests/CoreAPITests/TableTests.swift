// SPDX-License-Identifier: Apache-2.0

import Core
import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import CoreAPI

@Suite struct TableTests {
    private static let lists: [[Method]] = [
        CoreAPI.setupMethods, CoreAPI.sessionMethods, CoreAPI.userMethods, CoreAPI.groupMethods,
        CoreAPI.privilegeMethods, CoreAPI.nodeMethods, CoreAPI.maintenanceMethods, CoreAPI.machineMethods,
        CoreAPI.modifyMethods,
        CoreAPI.machineOperationMethods,
        CoreAPI.consoleMethods, CoreAPI.pluginMethods, CoreAPI.settingMethods, CoreAPI.jobMethods([]),
        CoreAPI.sampleMethods, CoreAPI.alertMethods, CoreAPI.networkMethods, CoreAPI.interfaceMethods,
        CoreAPI.machineInterfaceMethods, CoreAPI.machineDiskMethods, CoreAPI.storageMethods, CoreAPI.templateMethods,
        CoreAPI.machineMakingMethods,
        CoreAPI.systemMethods(version: ""),
    ]
    private static let table = lists.flatMap { $0 }

    @Test func `no name stands twice in the table`() {
        #expect(Set(Self.table.map(\.name)).count == Self.table.count)
    }

    @Test func `every method is called by a noun and a verb`() throws {
        for method in Self.table {
            #expect(try #/[a-z]+\.[a-z][A-Za-z]*/#.wholeMatch(in: method.name) != nil, "\(method.name)")
        }
    }

    @Test func `every method says what it does and what it gives`() {
        for method in Self.table {
            #expect(method.summary.count > 10 && method.summary.hasSuffix("."), "\(method.name)")
            #expect(!method.result.isEmpty, "\(method.name)")
        }
    }

    @Test func `every parameter says what it is for, once`() {
        for method in Self.table {
            #expect(Set(method.parameters.map(\.name)).count == method.parameters.count, "\(method.name)")
            for parameter in method.parameters {
                #expect(
                    parameter.summary.count > 5 && parameter.summary.hasSuffix("."), "\(method.name) \(parameter.name)")
            }
        }
    }

    @Test func `whatever changes something needs a right`() {
        let open = Self.table.filter { $0.isChange && $0.right == .anonymous }.map(\.name)
        #expect(open == ["setup.complete", "session.logout"], "these two bring or need their own proof")
    }

    @Test func `whoever is not logged in may do these things only`() {
        let open = Self.table.filter { $0.right == .anonymous }.map(\.name)
        #expect(open == ["setup.status", "setup.complete", "session.login", "session.resume", "session.logout"])
    }

    @Test func `a method that names a machine by its right takes one that must be given`() {
        for method in Self.table where [.view, .operate, .own].contains(method.right) {
            #expect(method.parameters.first { $0.name == "machine" }?.isRequired == true, "\(method.name)")
        }
    }

    @Test func `every operation of a machine is a method that needs the right to operate`() {
        for operation in MachineOperation.allCases {
            let method = Self.table.first { $0.name == "machine.\(operation.rawValue)" }
            #expect(method?.right == .operate && method?.isChange == true)
        }
    }

    @Test func `what only looks is no change, and what changes is`() {
        let looking: Set = [
            "list", "show", "status", "current", "picture", "describe", "pages", "log", "get", "events", "sample",
            "stats", "range", "holders", "listAll", "default", "machines", "generateMAC", "isMACInUse",
            // Every ten seconds a line of the audit log for each node would bury all others.
            "append",
        ]
        for method in Self.table {
            let verb = String(method.name.split(separator: ".").last ?? "")
            guard
                !["session.login", "session.resume", "session.extend", "job.claim", "job.progress", "job.finish"]
                    .contains(method.name)
            else { continue }
            #expect(method.isChange == !looking.contains(verb), "\(method.name)")
        }
    }

    @Test func `what a page asks by itself does not keep a session awake`() {
        let quiet = Self.table.filter { !$0.isActivity }.map(\.name)
        let expected: Set = [
            "setup.status", "session.logout", "session.current", "machine.picture", "console.list", "system.status",
            "plugin.list", "plugin.show", "plugin.pages", "plugin.log", "job.get", "job.list", "job.events",
            "job.claim", "job.progress", "job.finish", "node.sample",
            "machine.stats", "sample.append", "sample.range", "alert.list", "alert.listAll",
        ]
        #expect(Set(quiet) == expected)
    }

    @Test func `api.describe lists every method with its parameters`() async throws {
        try await APIFixture.run { fixture in
            let document = try await fixture.call("api.describe", as: TestCore.anonymous)
            #expect(document["openrpc"]?.stringValue?.hasPrefix("1.3") == true)
            #expect(document["info"]?["version"] == "1.2.3")
            let described = document["methods"]?.arrayValue ?? []
            #expect(described.compactMap { $0["name"]?.stringValue } == fixture.methods.map(\.name))
            for (method, description) in zip(fixture.methods, described) {
                let parameters = description["params"]?.arrayValue ?? []
                #expect(parameters.map { $0["name"]?.stringValue } == method.parameters.map(\.name))
                #expect(parameters.map { $0["required"]?.boolValue } == method.parameters.map(\.isRequired))
                #expect(parameters.allSatisfy { $0["schema"]?["type"] != nil })
                #expect(description["x-right"]?.stringValue == method.right.rawValue)
            }
        }
    }
}
