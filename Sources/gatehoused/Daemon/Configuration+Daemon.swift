// SPDX-License-Identifier: Apache-2.0

import Core
import Model
import Web

extension Configuration {
    /// What the core may keep and allow.
    var coreLimits: CoreLimits {
        var core = CoreLimits()
        core.sessions.idle = .seconds(60 * limits.sessionIdleMinutes)
        core.sessions.life = .seconds(3600 * limits.sessionHours)
        core.sessions.maximumFailures = limits.maxLoginFailures
        core.sessions.retryAfter = .seconds(60 * limits.loginRetryMinutes)
        core.consoles.perUser = limits.consolesPerUser
        core.consoles.perMachine = limits.consolesPerMachine
        core.consoles.total = limits.consoles
        core.consoles.ticketLife = .seconds(limits.consoleTicketSeconds)
        core.setupTokenLife = .seconds(3600 * limits.setupTokenHours)
        core.minimumPasswordLength = limits.passwordMinimumLength
        core.eventListeners = limits.eventListeners
        core.eventBacklog = limits.eventBacklog
        core.auditRefusals = limits.auditRefusals
        core.forgetMachinesDays = limits.forgetMachinesDays
        core.isBehindProxy = !trustedProxies.isEmpty
        core.consolePorts = consolePorts
        return core
    }

    /// What the HTTP edge needs to know.
    var webSettings: WebSettings {
        let audience: MetricsAudience =
            switch metrics {
            case .loopback: .loopback
            case .authenticated: .authenticated
            case .anyone: .anyone
            case .ranges(let ranges): .ranges(ranges)
            }
        var settings = WebSettings(
            address: listen.address, port: listen.port, isTLS: listen.tls != .off,
            publicOrigins: publicOrigins.map(\.description), trustedProxies: trustedProxies,
            webDirectory: webDirectory, metrics: audience)
        settings.requestBytes = limits.requestBytes
        settings.batchSize = limits.batchSize
        settings.jsonDepth = limits.jsonDepth
        settings.requestsPerMinute = limits.requestsPerMinutePerAddress
        settings.connections = limits.connections
        return settings
    }
}
