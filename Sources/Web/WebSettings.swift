// SPDX-License-Identifier: Apache-2.0

package import Model

/// Who may read /metrics.
package enum MetricsAudience: Sendable, Equatable {
    /// Programs on the host itself.
    case loopback
    /// Whoever is logged in as superuser.
    case authenticated
    case anyone
    /// Clients with an address in one of these ranges.
    case ranges([AddressRange])
}

/// What the HTTP edge needs to know.
package struct WebSettings: Sendable {
    /// Where to listen.
    package var address: String
    /// The port; zero for any that is free.
    package var port: Int
    /// Whether the edge speaks TLS itself.
    package var isTLS: Bool
    /// The origins that pages may come from; empty for the one that the request itself names.
    package var publicOrigins: [String]
    /// The only peers whose word on the client's address counts.
    package var trustedProxies: [AddressRange]
    /// Where the pages are.
    package var webDirectory: String
    /// Who may read /metrics.
    package var metrics: MetricsAudience
    /// The longest body of a call, in bytes.
    package var requestBytes = 1 << 20
    /// The most calls in a batch.
    package var batchSize = 50
    /// The deepest JSON.
    package var jsonDepth = 32
    /// Requests that one address may send in a minute.
    package var requestsPerMinute = 1200
    /// Connections at once.
    package var connections = 4000

    /// Makes settings; limits have their standard values.
    package init(
        address: String, port: Int, isTLS: Bool, publicOrigins: [String] = [], trustedProxies: [AddressRange] = [],
        webDirectory: String, metrics: MetricsAudience = .loopback
    ) {
        self.address = address
        self.port = port
        self.isTLS = isTLS
        self.publicOrigins = publicOrigins
        self.trustedProxies = trustedProxies
        self.webDirectory = webDirectory
        self.metrics = metrics
    }
}
