// SPDX-License-Identifier: Apache-2.0

package import Core
package import Logging
package import Model
package import Store
import Testing

/// A whole core over a database in a directory of its own, with clocks that a test sets.
package struct TestCore: Sendable {
    /// The use cases.
    package let core: CoreServices
    /// The clocks.
    package let clock: HandClock
    /// The database.
    package let store: SQLiteStore
    /// The same as the repository of storage.
    package var storageRepository: any StorageRepository { store }
    /// Where the database is.
    package let directory: ScratchDirectory
    /// The password of every user that `user` makes.
    package static let password = "correct horse"

    /// A logger that writes nothing.
    package static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs a test on a core that is new, or that takes up what an earlier one kept.
    ///
    /// The nodes are connected while the test runs.
    package static func run<Result: Sendable>(
        nodes: [NodeDeclaration] = [], limits: CoreLimits = CoreLimits(), clock: HandClock = HandClock(),
        directory: ScratchDirectory? = nil, taker: any PictureTaker = NoPictures(),
        plugins: any PluginControl = NoPlugins(), _ body: @Sendable (TestCore) async throws -> Result
    ) async throws -> Result {
        let directory = try directory ?? ScratchDirectory()
        let store = try SQLiteStore.open(directory: directory.file("data"), logger: quiet)
        let core = try await CoreServices(
            repositories: CoreRepositories(store), nodes: nodes, taker: taker, plugins: plugins,
            limits: limits, cost: .test,
            time: clock.source, logger: quiet)
        let made = TestCore(core: core, clock: clock, store: store, directory: directory)
        do {
            let result = try await made.whileConnected(body)
            try await store.close()
            return result
        } catch {
            try? await store.close()
            throw error
        }
    }

    private func whileConnected<Result: Sendable>(
        _ body: @Sendable (TestCore) async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [core] in try? await core.inventory.run() }
            defer { group.cancelAll() }
            try await eventually("every node has answered") {
                await core.inventory.allNodes().allSatisfy { $0.state != .connecting }
            }
            return try await body(self)
        }
    }

    /// A node for `run`.
    package static func node(_ name: String, _ hypervisor: any Hypervisor) -> NodeDeclaration {
        NodeDeclaration(name: name, kind: .libvirt, uri: "fake:///\(name)", hypervisor: hypervisor)
    }
}

// MARK: - People

extension TestCore {
    /// A caller who is not logged in.
    package static let anonymous = Principal(identity: .anonymous, address: "192.0.2.1")

    /// An administrator on the machine itself.
    package static let local = Principal(identity: .local(name: "root"), address: "local")

    /// Makes a user.
    @discardableResult
    package func user(_ name: String, _ level: AccessLevel = .none) async throws -> User {
        try await core.accounts.createUser(NewUser(name: name, level: level), password: Self.password)
    }

    /// Logs a user in.
    package func login(_ name: String, address: String = "192.0.2.1") async throws -> Principal {
        let caller = Principal(identity: .anonymous, address: address, userAgent: "test")
        let login = try await core.sessions.login(
            name: name, password: Self.password, kind: "web", principal: caller)
        return Principal(identity: .session(login.session), user: login.user, address: address, userAgent: "test")
    }

    /// Makes a user and logs it in.
    package func someone(_ name: String, _ level: AccessLevel = .none) async throws -> Principal {
        try await user(name, level)
        return try await login(name)
    }

    /// Gives a user a level on a machine.
    package func grant(_ level: AccessLevel, on machine: MachineID, to principal: Principal) async throws {
        guard let user = principal.user else { return }
        _ = try await core.accounts.grant(to: .user(user.id), on: .machine(machine), level: level)
    }

    /// The machine of that name.
    ///
    /// - Throws: `notFound`.
    package func machine(_ name: String) async throws -> MachineEntry {
        guard let found = await core.inventory.allMachines().first(where: { $0.snapshot.name == name }) else {
            throw GatehouseError.machineNotFound
        }
        return found
    }
}

/// Takes no pictures.
package struct NoPictures: PictureTaker {
    /// Makes one.
    package init() {}

    /// Refused.
    package func picture(of source: ConsoleSource) async throws -> Screenshot {
        throw GatehouseError(.consoleUnreachable, "There is no picture.")
    }
}
