// SPDX-License-Identifier: Apache-2.0

package import FoundationEssentials
package import Logging
package import Model

/// Everything the core keeps, as the repositories give it.
package struct CoreRepositories: Sendable {
    /// Users, groups and privileges.
    package let accounts: any AccountRepository
    /// Sessions.
    package let sessions: any SessionRepository
    /// Console locks.
    package let locks: any ConsoleLockRepository
    /// Nodes and machines.
    package let inventory: any InventoryRepository
    /// The audit log.
    package let audit: any AuditRepository
    /// Configuration values.
    package let settings: any SettingRepository
    /// Jobs.
    package let jobs: any JobRepository
    /// The history of nodes and machines.
    package let samples: any SampleRepository
    /// Alerts.
    package let alerts: any AlertRepository
    /// Networks.
    package let networks: any NetworkRepository
    /// Numbers of pools and volumes, and templates.
    package let storage: any StorageRepository
    /// Copies of all of it.
    package let copier: any DatabaseCopier

    /// Takes one store that is all of them.
    package init<Store>(_ store: Store)
    where
        Store: AccountRepository, Store: SessionRepository, Store: ConsoleLockRepository,
        Store: InventoryRepository, Store: AuditRepository, Store: SettingRepository, Store: JobRepository,
        Store: SampleRepository, Store: AlertRepository, Store: NetworkRepository, Store: StorageRepository,
        Store: DatabaseCopier
    {
        accounts = store
        sessions = store
        locks = store
        inventory = store
        audit = store
        settings = store
        jobs = store
        samples = store
        alerts = store
        networks = store
        storage = store
        copier = store
    }
}

/// What may be set of the core.
package struct CoreLimits: Sendable {
    /// Sessions and logins.
    package var sessions = SessionLimits()
    /// Consoles.
    package var consoles = ConsoleLimits()
    /// How long a set-up token is good.
    package var setupTokenLife: Duration = .seconds(24 * 3600)
    /// Characters of the shortest password.
    package var minimumPasswordLength = 8
    /// Event listeners at once.
    package var eventListeners = 500
    /// Events that may wait for one listener.
    package var eventBacklog = 1000
    /// Refused logins that the audit log keeps.
    package var auditRefusals = 10_000
    /// Days after which a machine that is not seen any more is forgotten.
    package var forgetMachinesDays = 90
    /// Jobs.
    package var jobs = JobLimits()
    /// Maintenance of nodes.
    package var maintenance = MaintenanceLimits()
    /// Whether a proxy's word on the client's address counts.
    package var isBehindProxy = false
    /// The ports that consoles may have of their own, unless somebody sets others; nil for none.
    package var consolePorts: PortRange?

    /// The standard limits.
    package init() {}
}

/// The use cases of Gatehouse, wired together.
package struct CoreServices: Sendable {
    /// Who may do what.
    package let access: AccessRegistry
    /// Users, groups and privileges.
    package let accounts: Accounts
    /// Who is logged in.
    package let sessions: SessionRegistry
    /// Nodes and machines.
    package let inventory: Inventory
    /// Networks, and the interfaces of machines.
    package let networks: Networks
    /// Tickets and locks.
    package let consoles: ConsoleRegistry
    /// Consoles on ports of their own.
    package let consolePorts = ConsolePorts()
    /// What is to be done later, or by a scheduler.
    package let jobs: JobLedger
    /// Pictures of screens.
    package let pictures: Pictures
    /// What is wrong.
    package let alerts: Alerts
    /// What nodes and machines use, and used.
    package let samples: Samples
    /// Pools, volumes and templates.
    package let storage: Storage
    /// Nodes that are worked on.
    package let maintenance: Maintenance
    /// What has changed.
    package let bus: EventBus
    /// Who did what.
    package let audit: AuditLog
    /// What can be set while Gatehouse runs.
    package let settings: Settings
    /// The plugin table.
    package let plugins: any PluginControl
    /// Copies of the database.
    package let copier: any DatabaseCopier
    /// The clocks.
    package let time: TimeSource
    /// When this host started.
    package let startedAt: Date

    /// Makes the use cases and takes up what was kept.
    package init(
        repositories: CoreRepositories, nodes: [NodeDeclaration], taker: any PictureTaker,
        plugins: any PluginControl = NoPlugins(),
        limits: CoreLimits = CoreLimits(), cost: PasswordHasher.Cost = .standard, time: TimeSource = .system,
        logger: Logger
    ) async throws {
        self.time = time
        startedAt = time.now()
        self.plugins = plugins
        copier = repositories.copier
        access = AccessRegistry()
        bus = EventBus(maximumListeners: limits.eventListeners, backlog: limits.eventBacklog)
        audit = AuditLog(
            repository: repositories.audit, maximumRefusals: limits.auditRefusals, time: time, logger: logger)
        let hasher = PasswordHasher(cost: cost)
        sessions = SessionRegistry(
            repository: repositories.sessions, accounts: repositories.accounts, access: access, hasher: hasher,
            audit: audit, bus: bus, time: time, limits: limits.sessions, logger: logger)
        settings = Settings(
            repository: repositories.settings, sessions: sessions, limits: limits.sessions,
            isBehindProxy: limits.isBehindProxy, consolePorts: limits.consolePorts)
        accounts = Accounts(
            repository: repositories.accounts, access: access, sessions: sessions, hasher: hasher, bus: bus,
            time: time, setupTokenLife: limits.setupTokenLife, minimumPasswordLength: limits.minimumPasswordLength)
        inventory = Inventory(
            declarations: nodes, forgetAfterDays: limits.forgetMachinesDays, repository: repositories.inventory,
            access: access, bus: bus, time: time, logger: logger)
        networks = Networks(repository: repositories.networks, inventory: inventory, time: time)
        consoles = ConsoleRegistry(
            repository: repositories.locks, access: access, bus: bus, time: time, limits: limits.consoles,
            logger: logger)
        jobs = JobLedger(
            repository: repositories.jobs, inventory: inventory, access: access, plugins: plugins, bus: bus,
            time: time, limits: limits.jobs, logger: logger)
        pictures = Pictures(inventory: inventory, taker: taker, time: time)
        alerts = Alerts(
            repository: repositories.alerts, settings: repositories.settings, access: access, inventory: inventory,
            bus: bus, time: time, logger: logger)
        samples = Samples(
            repository: repositories.samples, inventory: inventory, alerts: alerts, bus: bus, time: time)
        storage = Storage(
            repository: repositories.storage, inventory: inventory, networks: networks, time: time, logger: logger)
        maintenance = Maintenance(
            inventory: inventory, jobs: jobs, accounts: accounts, time: time, limits: limits.maintenance,
            logger: logger)
        try await takeUp()
    }

    private func takeUp() async throws {
        let consoles = consoles
        try await accounts.load()
        try await settings.load()
        try await sessions.load()
        try await inventory.load()
        try await consoles.load()
        try await jobs.load()
        try await alerts.load()
        try await samples.load()
        await sessions.setEndObserver { sessions, reason in
            await consoles.sessionsEnded(sessions, reason: reason)
        }
        await accounts.setRightsObserver { await consoles.recheckRights() }
    }
}
