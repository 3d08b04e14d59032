// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Model
import TestSupport
import Testing

@testable import CoreAPI

@Suite struct ParameterTests {
    @Test func `every method refuses a parameter that it does not know`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            for method in fixture.methods {
                var parameters = method.fitting(machine: machine)
                parameters["surprise"] = 1
                let error = await fixture.failure(method.name, parameters, as: TestCore.local)
                #expect(error?.code == .invalidParameters, "\(method.name)")
                #expect(error?.details["parameter"] == "surprise", "\(method.name)")
            }
        }
    }

    @Test func `every method names the parameter that is missing, and null counts as missing`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            for method in fixture.methods {
                for parameter in method.parameters where parameter.isRequired {
                    for missing in [nil, JSONValue.null] {
                        var parameters = method.fitting(machine: machine)
                        parameters[parameter.name] = missing
                        let error = await fixture.failure(method.name, parameters, as: TestCore.local)
                        #expect(error?.code == .invalidParameters, "\(method.name) \(parameter.name)")
                        #expect(error?.details["parameter"] == .string(parameter.name), "\(method.name)")
                    }
                }
            }
        }
    }

    @Test func `every parameter of every method refuses what does not fit`() async throws {
        try await APIFixture.run { fixture in
            let machine = try await fixture.address("web")
            for method in fixture.methods {
                for parameter in method.parameters {
                    for unfit in parameter.unfitting {
                        var parameters = method.fitting(machine: machine)
                        parameters[parameter.name] = unfit
                        let error = await fixture.failure(method.name, parameters, as: TestCore.local)
                        #expect(error?.code == .invalidParameters, "\(method.name) \(parameter.name) \(unfit)")
                        #expect(error?.details["parameter"] == .string(parameter.name), "\(method.name)")
                    }
                }
            }
        }
    }

    @Test func `a method that does not exist is not found by any caller`() async throws {
        try await APIFixture.run { fixture in
            for principal in [TestCore.anonymous, TestCore.local, fixture.root] {
                for name in ["", "machine", "machine.explode", "Machine.list", "machine.list "] {
                    #expect(await fixture.failure(name, as: principal)?.code == .methodNotFound)
                }
            }
            let counts = fixture.api.callCounts
            #expect(counts[CallCounters.Key(method: "unknown", outcome: "methodNotFound")] == 15)
            #expect(Set(counts.keys.map(\.method)) == ["unknown"], "names from outside make no counters")
        }
    }

    @Test func `calls are counted by method and outcome`() async throws {
        try await APIFixture.run { fixture in
            _ = try await fixture.call("machine.list", as: fixture.root)
            _ = try await fixture.call("machine.list", as: fixture.plain)
            _ = await fixture.failure("machine.list", as: TestCore.anonymous)
            let counts = fixture.api.callCounts
            #expect(counts[CallCounters.Key(method: "machine.list", outcome: "ok")] == 2)
            #expect(counts[CallCounters.Key(method: "machine.list", outcome: "unauthenticated")] == 1)
        }
    }
}
