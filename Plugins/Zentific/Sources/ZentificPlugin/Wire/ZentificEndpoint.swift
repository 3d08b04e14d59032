// SPDX-License-Identifier: Apache-2.0

import Model
package import PluginKit
import XMLRPC

/// Answers HTTP requests: reads a call, finds its caller and its row, and writes what comes of it.
package struct ZentificEndpoint: Sendable {
    /// The cookie that carries the session.
    static let cookie = "sessid"

    private let strangers: StrangerSessions

    /// Makes an endpoint that knows no session yet.
    package init() { strangers = StrangerSessions() }

    /// Answers a request.
    ///
    /// Whatever goes wrong is a fault in an answer with status 200, as XML-RPC wants it.
    package func answer(_ request: RouteCall, _ host: Host) async -> RouteReply {
        guard request.method == "POST" else {
            return RouteReply.text("This address speaks XML-RPC: send a methodCall by POST.\n", status: 405)
        }
        let type = request.header("content-type") ?? ""
        // Most send this one, and looking for a word in a text is the dearer question.
        let isJSON = !type.hasPrefix("text/xml") && type.lowercased().contains("json")
        return isJSON ? await answerJSON(request, host) : await answerXML(request, host)
    }

    private func answerXML(_ request: RouteCall, _ host: Host) async -> RouteReply {
        let outcome: Outcome
        do {
            outcome = await perform(try XMLRPCParser.call(request.body), request, host)
        } catch {
            outcome = Outcome(response: .fault(Self.unreadable(error)))
        }
        return reply(outcome, type: "text/xml; charset=utf-8", body: XMLRPCWriter.bytes(outcome.response))
    }

    private func answerJSON(_ request: RouteCall, _ host: Host) async -> RouteReply {
        do {
            let twin = try JSONTwin.request(request.body)
            let outcome = await perform(twin.call, request, host)
            return reply(outcome, type: "application/json", body: JSONTwin.bytes(outcome.response, id: twin.id))
        } catch {
            let outcome = Outcome(response: .fault(Self.unreadable(error)))
            return reply(outcome, type: "application/json", body: JSONTwin.bytes(outcome.response, id: .null))
        }
    }

    private func reply(_ outcome: Outcome, type: String, body: [UInt8]) -> RouteReply {
        RouteReply(
            status: 200, headers: [("content-type", type)],
            cookies: outcome.session.map { [RouteReply.Cookie(name: Self.cookie, value: $0)] } ?? [], body: body)
    }

    private static func unreadable(_ error: any Error) -> XMLRPCFault {
        switch error {
        case let fault as XMLRPCFault: fault
        case let error as GatehouseError where error.code == .limitExceeded: ZentificFault.tooLarge.fault(error.message)
        case let error as GatehouseError: ZentificFault.notXML.fault(error.message)
        default: ZentificFault.notXML.fault("The message can not be read.")
        }
    }
}

// MARK: - Calls

extension ZentificEndpoint {
    private struct Outcome {
        var response: XMLRPCResponse
        var session: String?
    }

    private func perform(_ call: XMLRPCCall, _ request: RouteCall, _ host: Host) async -> Outcome {
        guard let method = ZentificTable.byName[call.method] else {
            return Outcome(
                response: .fault(ZentificFault.unknownMethod.fault("There is no method \(call.method).")))
        }
        var user = JSONValue.null
        do {
            let session = request.cookie(Self.cookie).flatMap { UUIDText.isValid($0) ? $0 : nil }
            if !method.isOpen { user = try await resume(session, request, host) }
            let arguments = try ZentificArguments(call.parameters, for: method.parameters)
            let answer = try await method.body(
                ZentificCall(
                    method, arguments: arguments, user: user, session: session, strangers: strangers, host: host,
                    token: request.token))
            return Outcome(response: .value(answer.value), session: answer.session)
        } catch let fault as XMLRPCFault {
            return Outcome(response: .fault(fault))
        } catch let error as GatehouseError {
            let fault = ZentificFault.fault(
                for: error, parameters: method.parameters, isSuperUser: user["level"] == "superUser")
            return Outcome(response: .fault(fault))
        } catch {
            return Outcome(response: .fault(ZentificFault.unspecifiedError.fault("Try again.")))
        }
    }

    /// The user whose session it is; the call is his from then on.
    private func resume(_ session: String?, _ request: RouteCall, _ host: Host) async throws -> JSONValue {
        guard let session else {
            throw ZentificFault.invalidSession.fault("The request has no session; call User.login first.")
        }
        guard !strangers.contains(session) else {
            throw ZentificFault.notAuthenticated.fault("The session is not logged in; call User.login.")
        }
        let known = try await host.call("session.resume", ["secret": .string(session)], token: request.token)
        return known["user"] ?? .null
    }
}
