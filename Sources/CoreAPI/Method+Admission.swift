// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension Method {
    /// Checks that a caller may call it with these parameters.
    ///
    /// - Throws: `forbidden`, `unauthenticated`, `invalidParameters`, `notFound` for a machine that is not his.
    func admit(
        _ parameters: [String: JSONValue], principal: Principal, core: CoreServices
    ) async throws -> (arguments: Arguments, named: MachineEntry?) {
        try checkPlugin(principal)
        try checkIdentity(principal, core)
        let arguments = try Arguments(parameters, for: self.parameters)
        return (arguments, try await namedMachine(arguments, principal, core))
    }

    /// Holds a plugin to what it was granted, and its clients to what is theirs to call.
    private func checkPlugin(_ principal: Principal) throws {
        if let plugin = principal.actingPlugin, name != "api.describe", !plugin.may(name) {
            throw GatehouseError(
                .forbidden,
                "The plugin \(plugin.name) was not granted \(name); a superuser grants it with "
                    + "`gatehouse plugin enable \(plugin.name) --grant \(name)`.")
        }
        if principal.plugin != nil, name.hasPrefix("setup.") {
            throw GatehouseError(.forbidden, "The first account is made on Gatehouse's own pages.")
        }
    }

    private func checkIdentity(_ principal: Principal, _ core: CoreServices) throws {
        switch right {
        case .anonymous: return
        case .local:
            guard principal.isLocal else {
                throw GatehouseError(.forbidden, "Only the command line on the host itself may do this.")
            }
        case .user, .superUser, .view, .operate, .own:
            if case .anonymous = principal.identity {
                throw GatehouseError(.unauthenticated, "Log in first.")
            }
        }
        if right == .superUser, !core.access.isSuperUser(principal) {
            throw GatehouseError(.forbidden, "Only a superuser may do this.")
        }
    }

    private func namedMachine(
        _ arguments: Arguments, _ principal: Principal, _ core: CoreServices
    ) async throws -> MachineEntry? {
        guard right == .view || right == .operate || right == .own else { return nil }
        let machine = try await core.visibleMachine(arguments.string("machine"), for: principal)
        if right == .operate, !core.access.level(of: principal, on: machine.id).mayOperate {
            throw GatehouseError(.forbidden, "You may look at this machine, but not operate it.")
        }
        if right == .own, !core.access.level(of: principal, on: machine.id).isOwning {
            throw GatehouseError(.forbidden, "Only an owner of this machine may do this.")
        }
        return machine
    }
}

extension Principal {
    /// The plugin that acts for itself, at once or through a job that it submitted.
    fileprivate var actingPlugin: PluginIdentity? {
        switch identity {
        case .plugin(let plugin): plugin
        case .work(let work): work.plugin
        case .anonymous, .session, .local: nil
        }
    }
}
