// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import JSONRPC
import Model
import PluginKit
import Testing
import XMLRPC

@testable import ZentificPlugin

@Suite struct ZentificEndpointTests {
    private let core = FakeCore()

    @Test func `what is no XML-RPC is a fault in an answer that is`() async throws {
        let reply = await core.send(Array("hello".utf8))
        #expect(reply.status == 200)
        #expect(reply.headers.first?.value == "text/xml; charset=utf-8")
        guard case .fault(let fault) = try XMLRPCParser.response(reply.body) else {
            Issue.record("no fault")
            return
        }
        #expect(fault.code == -32700)
    }

    @Test func `a method that there is not is a fault`() async throws {
        let fault = try await core.fault("VM.fly")
        #expect(fault == XMLRPCFault(code: -32601, text: "UNKNOWN_METHOD: There is no method VM.fly."))
        #expect(core.asked == [])
    }

    @Test func `only POST is spoken`() async {
        let reply = await core.endpoint.answer(RouteCall(token: "t", path: "/"), core.host)
        #expect(reply.status == 405)
    }

    @Test func `every method has one row, and a row for each of its names`() {
        let names = ZentificTable.methods.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
        let wanted = PublishedMethods.all.union(PublishedMethods.additions)
        #expect(Set(names) == wanted)
        #expect(PublishedMethods.all.count == 124)
    }

    @Test func `every method is in the description`() throws {
        let place = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../README.md")
        let text = try String(contentsOf: place.standardized, encoding: .utf8)
        for method in ZentificTable.methods { #expect(text.contains("`\(method.name)`"), "\(method.name)") }
    }

    @Test func `faults name the parameter that is missing, malformed or too many`() async throws {
        func text(_ fault: XMLRPCFault?) -> String { "\(fault?.code ?? 0) \(fault?.text ?? "")" }
        let sign = "6 <MESSAGE type='INVALID_PARAMETER' param='uuid'>"
        #expect(text(try await core.fault("VM.getState")).hasPrefix(sign))
        #expect(text(try await core.fault("VM.getState", "nonsense")).hasPrefix(sign))
        #expect(text(try await core.fault("VM.getState", 5)).hasPrefix(sign))
        let second = try await core.fault("VM.getState", .string(FakeCore.one), 5)
        #expect(text(second).hasPrefix("6 <MESSAGE type='INVALID_PARAMETER' param='2'>"))
        let flag = try await core.fault("Zentific.modifyPlugin", "a", 1, 1, 2, 0, 0)
        #expect(text(flag).hasPrefix("6 <MESSAGE type='INVALID_PARAMETER' param='frontend'>"))
    }

    @Test func `what is not there is named to a superuser, and looks like what is not his to another`() async throws {
        let unknown = XMLRPCValue.string("99999999-2222-4333-8444-555555555501")
        for method in ["VM.getVM", "VM.getState"] {
            let honest = try await core.fault(method, unknown)
            #expect(honest?.code == 6)
            #expect(honest?.text.hasPrefix("<MESSAGE type='INVALID_PARAMETER' param='uuid'>") == true)
            #expect(try await core.fault(method, unknown, session: FakeCore.reader)?.code == 1)
        }
    }

    @Test(arguments: [
        (GatehouseError.Code.forbidden, 1), (.rateLimited, 5), (.storageFailed, 7), (.internal, 8),
        (.nodeUnreachable, 8),
        (.timeout, 8), (.hypervisorFailed, 8), (.consoleLocked, 9), (.machineLocked, 11), (.conflict, 19),
        (.limitExceeded, 30), (.unsupported, 97),
    ])
    func `every error of the core has its number`(code: GatehouseError.Code, number: Int) async throws {
        core.answer("machine.list") { _ in throw GatehouseError(code, "So it is.") }
        let fault = try #require(try await core.fault("VM.getVMs"))
        #expect(fault.code == number)
        #expect(fault.text.hasSuffix(": So it is."))
    }

    @Test func `no number stands for two things, and the published ones are those of the document`() {
        let published: [Int: String] = [
            1: "NOT_AUTHORIZED", 2: "INVALID_SESSION", 3: "EXPIRED_SESSION", 5: "MAX_LOGIN_FAILURES",
            6: "INVALID_PARAMETER", 7: "DB_ERROR", 8: "UNSPECIFIED_ERROR", 9: "CONSOLE_LOCKED", 10: "SCHED_ERROR",
            11: "VM_LOCKED",
        ]
        for (number, word) in published { #expect(ZentificFault(rawValue: number)?.word == word) }
        #expect(Set(ZentificFault.allCases.map(\.word)).count == ZentificFault.allCases.count)
    }

    // MARK: - JSON

    private func json(_ text: String, session: String? = nil) async throws -> JSONValue {
        let reply = await core.send(Array(text.utf8), type: "application/json; charset=utf-8", session: session)
        #expect(reply.status == 200)
        #expect(reply.headers.first?.value == "application/json")
        return try JSONParser.parse(reply.body)
    }

    @Test func `the same calls can be made in JSON`() async throws {
        let hello = try await json(#"{"method": "Zentific.hello", "params": [], "id": 1}"#)
        #expect(hello == ["result": true, "error": nil, "id": 1])
        let state = try await json(
            #"{"method": "VM.getState", "params": ["\#(FakeCore.one)"], "id": "a"}"#, session: FakeCore.admin)
        #expect(state == ["result": "r", "error": nil, "id": "a"])
        let full = try await json(#"{"method": "VM.getVMsFull", "id": 2}"#, session: FakeCore.admin)
        #expect(full["result"]?.arrayValue?.first?["disks"]?.arrayValue?.count == 2)
    }

    @Test func `faults in JSON have a code and a message`() async throws {
        let refused = try await json(#"{"method": "VM.getVMs", "params": [], "id": 1}"#)
        #expect(refused["error"]?["code"] == 2)
        #expect(refused["result"] == .some(nil))
        for text in ["nonsense", "[]", #"{"method": "a", "params": {}}"#, #"{"method": "a", "params": [null]}"#] {
            #expect(try await json(text)["error"]?["code"] == -32700, "\(text)")
        }
    }
}
