// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSONRPC
import Model
import NIOCore

/// `POST /api`: JSON-RPC 2.0 over HTTP, with the session in a cookie.
struct APIEndpoint: Sendable {
    let api: CoreAPI
    let policy: CallerPolicy
    let settings: WebSettings

    /// Answers one message.
    func respond(_ request: Request, facts: RequestFacts) async throws -> Response {
        guard isJSON(request.headers[.contentType]) else {
            return .failure(
                GatehouseError(.invalidRequest, "Send the call with Content-Type: application/json."),
                status: .unsupportedMediaType)
        }
        guard policy.allowsOrigin(facts) else { return .failure(policy.originError(facts)) }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: settings.requestBytes)
        } catch is NIOTooManyBytesError {
            return .failure(
                GatehouseError(.limitExceeded, "A call may have at most \(settings.requestBytes) bytes."),
                status: .contentTooLarge)
        }
        // A method may compute for some time, and the consoles on the connection's event loop must not wait for it.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await answer(Array(body.readableBytesView), facts: facts)
        }
    }

    private func isJSON(_ type: String?) -> Bool {
        guard let type else { return false }
        let media = type.split(separator: ";").first.map { Substring($0).trimmingWhitespace.lowercased() }
        return media == "application/json"
    }

    private func answer(_ bytes: [UInt8], facts: RequestFacts) async throws -> Response {
        let message: RPCMessage
        do {
            message = try RPCMessage.parse(
                bytes, maximumDepth: settings.jsonDepth, maximumBatch: settings.batchSize)
        } catch let error as GatehouseError {
            return .failure(error, status: .ok)
        }
        let effects = SessionEffects()
        let principal = await policy.principal(facts)
        var response: Response
        switch message {
        case .single(let call):
            guard let answer = await self.answer(call, principal: principal, effects: effects) else {
                return Response(status: .noContent)
            }
            response = .json(answer)
        case .batch(let calls):
            var answers: [JSONValue] = []
            for call in calls {
                // A login or logout in the batch counts for what follows it.
                let current = await acting(principal, effects)
                if let answer = await answer(call, principal: current, effects: effects) { answers.append(answer) }
            }
            guard !answers.isEmpty else { return Response(status: .noContent) }
            response = .json(.array(answers))
        }
        switch effects.last {
        case .began(let token, _): response.headers[.setCookie] = CallerPolicy.setCookie(token)
        case .ended: response.headers[.setCookie] = CallerPolicy.setCookie(nil)
        case .became, .work, nil: break
        }
        return response
    }

    private func acting(_ principal: Principal, _ effects: SessionEffects) async -> Principal {
        switch effects.last {
        case .began(let token, _):
            let known = await policy.sessions.principal(
                token: token, kind: "web", address: principal.address, userAgent: principal.userAgent)
            return known ?? principal
        case .ended:
            return Principal(identity: .anonymous, address: principal.address, userAgent: principal.userAgent)
        case .became, .work, nil: return principal
        }
    }

    private func answer(
        _ call: Result<RPCRequest, RPCRefusal>, principal: Principal, effects: SessionEffects
    ) async -> JSONValue? {
        switch call {
        case .failure(let refusal):
            return RPCResponse(id: refusal.id, outcome: .failure(refusal.error)).json
        case .success(let request):
            let outcome = await api.outcome(of: request, principal: principal, effects: effects)
            return request.id.map { RPCResponse(id: $0, outcome: outcome).json }
        }
    }
}

extension CoreAPI {
    /// Calls a method and gives what came of it.
    func outcome(
        of request: RPCRequest, principal: Principal, effects: SessionEffects
    ) async -> Result<JSONValue, GatehouseError> {
        do {
            return .success(
                try await call(request.method, request.parameters, principal: principal, effects: effects))
        } catch let error as GatehouseError {
            return .failure(error)
        } catch {
            return .failure(GatehouseError(.internal, "Something went wrong inside Gatehouse; its log tells more."))
        }
    }
}
