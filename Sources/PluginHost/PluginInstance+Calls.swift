// SPDX-License-Identifier: Apache-2.0

import Model

extension PluginInstance {
    /// Answers the plugin's calls until the conversation ends.
    func serve(_ dispatcher: (any CoreDispatcher)?) async {
        await withDiscardingTaskGroup { group in
            for await request in process.connection.requests {
                group.addTask(name: "call of plugin \(access.name)") {
                    let outcome = await self.outcome(of: request, dispatcher)
                    self.process.connection.answer(request, outcome)
                }
            }
            group.cancelAll()
        }
    }

    private func outcome(
        of request: PluginConnection.Request, _ dispatcher: (any CoreDispatcher)?
    ) async -> Result<JSONValue, GatehouseError> {
        do {
            return .success(try await dispatch(request, dispatcher))
        } catch let error as GatehouseError {
            return .failure(error)
        } catch {
            return .failure(GatehouseError(.internal, "The call was given up.", cause: String(describing: error)))
        }
    }

    private func dispatch(
        _ request: PluginConnection.Request, _ dispatcher: (any CoreDispatcher)?
    ) async throws -> JSONValue {
        guard let dispatcher else { throw GatehouseError(.internal, "This host has no core to call.") }
        var parameters = request.parameters
        var token: String?
        switch parameters.removeValue(forKey: "callToken") {
        case .none, .null: token = nil
        case .string(let text): token = text
        default: throw GatehouseError.invalidParameter("callToken", "callToken must be a string.")
        }
        let principal = try principal(of: token)
        if request.method == "job.claim" { try checkClaim() }
        let result = try await dispatcher.call(request.method, parameters, as: principal)
        if let token, let changed = result.principal { tokens.replace(token, with: changed) }
        if request.method == "job.finish", let job = parameters["job"]?.intValue { tokens.removeJobs(job) }
        guard let work = result.work, var members = result.value.objectValue else { return result.value }
        members["callToken"] = .string(tokens.mint(work))
        return .object(members)
    }

    private func principal(of token: String?) throws -> Principal {
        guard let token else { return access.principal }
        guard let principal = tokens.principal(of: token) else {
            throw GatehouseError(
                .expired, "The call token is not valid any more: its request is answered or its job is done.")
        }
        return principal
    }

    /// Off is off: nothing new is claimed without the part, nor by a process that is being replaced.
    private func checkClaim() throws {
        guard access.parts.contains(.scheduler), access.current === self else {
            throw GatehouseError(
                .conflict, "The scheduler part of this plugin is switched off; no job is handed out.")
        }
    }
}
