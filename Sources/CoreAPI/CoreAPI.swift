// SPDX-License-Identifier: Apache-2.0

package import Core
package import Logging
package import Model
import Synchronization

/// The core API: finds the method, checks rights and parameters, calls, and writes the audit log.
package struct CoreAPI: Sendable {
    /// The core behind it.
    package let core: CoreServices
    /// Every method by name.
    package let methods: [String: Method]
    private let logger: Logger
    private let counters = CallCounters()

    /// Makes the API over a core.
    package init(core: CoreServices, version: String, logger: Logger) {
        self.core = core
        self.logger = logger
        let table = Self.table(version: version)
        methods = Dictionary(table.map { ($0.name, $0) }) { first, _ in first }
    }

    private static func table(version: String) -> [Method] {
        let table =
            setupMethods + sessionMethods + userMethods + groupMethods + privilegeMethods + nodeMethods
            + maintenanceMethods
            + machineMethods + modifyMethods + machineOperationMethods + consoleMethods + pluginMethods + settingMethods
            + sampleMethods + alertMethods + networkMethods + interfaceMethods + machineInterfaceMethods
            + machineDiskMethods + storageMethods + templateMethods + machineMakingMethods
            + systemMethods(version: version)
        return table + jobMethods(table) + [describeMethod(table + jobMethods(table), version: version)]
    }

    /// Calls per method and outcome code so far; `ok` for success.
    package var callCounts: [CallCounters.Key: Int64] { counters.counts }

    /// Calls a method.
    ///
    /// - Throws: a `GatehouseError` only.
    package func call(
        _ name: String, _ parameters: [String: JSONValue], principal: Principal,
        effects: SessionEffects = SessionEffects()
    ) async throws -> JSONValue {
        guard let method = methods[name] else {
            counters.count(method: "unknown", outcome: GatehouseError.Code.methodNotFound.rawValue)
            throw GatehouseError(.methodNotFound, "There is no method of that name; api.describe lists them all.")
        }
        guard method.isChange else {
            return try await countedCall(method, parameters, principal: principal, effects: effects)
        }
        // A change that has begun goes on to its end though its caller is gone: what is kept, what is in memory and
        // the audit log must tell the same.
        return try await Task {
            try await countedCall(method, parameters, principal: principal, effects: effects)
        }.value
    }

    private func countedCall(
        _ method: Method, _ parameters: [String: JSONValue], principal: Principal, effects: SessionEffects
    ) async throws -> JSONValue {
        do {
            let result = try await checkedCall(method, parameters, principal: principal, effects: effects)
            counters.count(method: method.name, outcome: "ok")
            await audit(method, parameters, principal: principal, error: nil)
            return result
        } catch {
            let known = gatehouseError(error, method: method.name)
            counters.count(method: method.name, outcome: known.code.rawValue)
            await audit(method, parameters, principal: principal, error: known)
            throw known
        }
    }

    private func checkedCall(
        _ method: Method, _ parameters: [String: JSONValue], principal: Principal, effects: SessionEffects
    ) async throws -> JSONValue {
        let (arguments, named) = try await method.admit(parameters, principal: principal, core: core)
        if method.isActivity, let session = principal.session { await core.sessions.touch(session.id) }
        let call = Call(core: core, principal: principal, arguments: arguments, named: named, effects: effects)
        return try await core.carryOut(method, parameters, principal: principal) { try await method.handler(call) }
    }

    private func gatehouseError(_ error: any Error, method: String) -> GatehouseError {
        if let known = error as? GatehouseError {
            if known.code == .internal || known.code == .storageFailed {
                logger.error("call failed", metadata: ["method": "\(method)", "error": "\(known)"])
            }
            return known
        }
        if error is CancellationError { return GatehouseError(.timeout, "The call was given up.") }
        logger.error("call failed unexpectedly", metadata: ["method": "\(method)", "error": "\(error)"])
        return GatehouseError(.internal, "Something went wrong inside Gatehouse; its log tells more.")
    }

    private func audit(
        _ method: Method, _ parameters: [String: JSONValue], principal: Principal, error: GatehouseError?
    ) async {
        guard method.isChange else { return }
        // Strangers must not be able to fill the log: of them only set-up is written down, and what
        // fails of that as refused, of which no more than some are kept.
        let isStranger = principal.name == nil
        guard !isStranger || method.name == "setup.complete" else { return }
        let outcome: AuditOutcome =
            switch error?.code {
            case nil: .ok
            case .forbidden, .unauthenticated, .notFound, .expired, .rateLimited: .refused
            default: isStranger ? .refused : .failed
            }
        let subjects = [
            "machine", "node", "network", "interface", "vlan", "mac", "pool", "volume", "template", "job", "kind",
            "target", "path", "user", "group", "session", "privilege", "name", "type", "level",
            "takeover", "all",
        ]
        let target = subjects.compactMap { name in
            parameters[name].flatMap { Self.auditText($0) }.map { "\(name)=\($0)" }
        }
        await core.audit.record(
            method.name, by: principal, target: target.isEmpty ? nil : target.joined(separator: " "),
            outcome: outcome, detail: error?.message)
    }

    private static func auditText(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): String(text.prefix(100))
        case .int(let number): String(number)
        case .bool(let flag): String(flag)
        default: nil
        }
    }
}

extension CoreServices {
    /// The machine that a caller named, if he may see it.
    ///
    /// - Throws: `notFound`, the same for a machine that is not there and for one that is not his.
    package func visibleMachine(_ text: String, for principal: Principal) async throws -> MachineEntry {
        guard let address = MachineAddress(text), let id = await inventory.resolve(address),
            access.level(of: principal, on: id).mayView, let machine = await inventory.machine(id)
        else { throw GatehouseError.machineNotFound }
        return machine
    }
}

/// Counts calls, for /metrics.
package final class CallCounters: Sendable {
    /// What is counted apart.
    package struct Key: Sendable, Hashable {
        /// The method's name.
        package let method: String
        /// `ok` or an error code.
        package let outcome: String
    }

    private let state = Mutex<[Key: Int64]>([:])

    /// The counts so far.
    package var counts: [Key: Int64] { state.withLock { $0 } }

    func count(method: String, outcome: String) {
        state.withLock { $0[Key(method: method, outcome: outcome), default: 0] += 1 }
    }
}
