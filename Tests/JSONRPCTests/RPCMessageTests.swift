// SPDX-License-Identifier: Apache-2.0

import JSONRPC
import Model
import Testing

@Suite struct RPCMessageTests {
    private func parse(_ text: String) throws -> RPCMessage {
        try RPCMessage.parse(Array(text.utf8), maximumDepth: 32, maximumBatch: 3)
    }

    @Test func `a call is read`() throws {
        let message = try parse(#"{"jsonrpc":"2.0","id":"x","method":"machine.show","params":{"machine":"m"}}"#)
        let request = RPCRequest(method: "machine.show", parameters: ["machine": "m"], id: "x")
        #expect(message == .single(.success(request)))
    }

    @Test func `a call without id is a notification`() throws {
        guard case .single(.success(let request)) = try parse(#"{"jsonrpc":"2.0","method":"a"}"#) else {
            Issue.record("not a call")
            return
        }
        #expect(request.id == nil)
    }

    @Test(arguments: [
        #"{"id":1,"method":"a"}"#, #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":{},"method":"a"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, "1",
    ])
    func `what is no call is refused with its id`(text: String) throws {
        guard case .single(.failure(let refusal)) = try parse(text) else {
            Issue.record("taken for a call")
            return
        }
        #expect(refusal.error.code == .invalidRequest)
    }

    @Test func `a batch has at least one call and not too many`() {
        #expect(throws: GatehouseError.self) { try parse("[]") }
        #expect(throws: Never.self) { try parse("[1,2,3]") }
        #expect(throws: GatehouseError.self) { try parse("[1,2,3,4]") }
    }

    @Test func `an error keeps its code over the wire`() throws {
        let error = GatehouseError(.consoleLocked, "held", details: ["lock": ["holder": "eve"]])
        let response = RPCResponse(id: 7, outcome: .failure(error))
        #expect(try RPCResponse(json: response.json) == response)
    }

    @Test func `no two codes share a number`() {
        let numbers = Set(GatehouseError.Code.allCases.map(\.rpcNumber))
        #expect(numbers.count == GatehouseError.Code.allCases.count)
    }
}
