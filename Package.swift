// swift-tools-version: 6.3
// SPDX-License-Identifier: Apache-2.0
//
// The manifest is the architecture. One section a target, lowest layer first; who may import whom
// is explained in Sources/gatehoused/Documentation.docc/Architecture.md and held by
// Tests/RepositoryTests. Versions are exact, those of transitive packages too, because
// Package.resolved is not kept.

import PackageDescription

/// The switches every target of ours is compiled with.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let swiftASN1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehoused", targets: ["gatehoused"]),
        .library(name: "PluginKit", targets: ["PluginKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-async-algorithms", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
        // Not used by any target of ours; named so that their versions are exact too.
        .package(url: "https://github.com/apple/swift-algorithms", exact: "1.2.1"),
        .package(url: "https://github.com/apple/swift-atomics", exact: "1.3.0"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", exact: "1.7.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-transport-services", exact: "1.28.0"),
        .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
        .package(url: "https://github.com/apple/swift-service-context", exact: "1.5.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-symbolkit", exact: "1.0.0"),
    ],
    targets: [
        // What the C library gives only in C.
        .systemLibrary(name: "CHost"),

        // Safe faces of those calls.
        .target(name: "HostSystem", dependencies: ["CHost"], swiftSettings: settings),
        .testTarget(
            name: "HostSystemTests", dependencies: ["HostSystem", "TestSupport"], swiftSettings: settings),

        // Random numbers for tests that can be had again.
        .target(name: "TestRandom", swiftSettings: settings),

        // Values, ids, rules, the one error type and the ports. Not here: anything that does something.
        .target(name: "Model", swiftSettings: settings),
        .testTarget(name: "ModelTests", dependencies: ["TestRandom", "Model"], swiftSettings: settings),

        // JSON and JSON-RPC 2.0 as pure functions. Not here: sockets.
        .target(name: "JSONRPC", dependencies: ["Model"], swiftSettings: settings),
        .testTarget(name: "JSONRPCTests", dependencies: ["TestRandom", "JSONRPC", "Model"], swiftSettings: settings),

        // The use cases: accounts, rights, sessions, inventory, console tickets and locks, events. Not here: I/O.
        .target(
            name: "Core",
            dependencies: ["Model", crypto, cryptoExtras, logging, serviceLifecycle],
            swiftSettings: settings),
        .testTarget(
            name: "CoreTests", dependencies: ["TestRandom", "Core", "Model", "Store", "TestSupport", logging],
            swiftSettings: settings
        ),

        // The table of core methods. Not here: transports.
        .target(name: "CoreAPI", dependencies: ["Core", "JSONRPC", "Model", logging], swiftSettings: settings),
        .testTarget(
            name: "CoreAPITests",
            dependencies: ["TestRandom", "Core", "CoreAPI", "JSONRPC", "Model", "Store", "TestSupport", logging],
            swiftSettings: settings),

        // The one file that an appliance fits in: format, checks, encryption. Not here: what belongs into it.
        .target(
            name: "Backup", dependencies: ["HostSystem", "JSONRPC", "Model", crypto, cryptoExtras],
            swiftSettings: settings),
        .testTarget(
            name: "BackupTests", dependencies: ["Backup", "HostSystem", "Model", "TestSupport"],
            swiftSettings: settings),

        // libvirt's C library.
        .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt"),

        // Nodes over libvirt: handles, event loop, streams. Not here: rights, rows, sockets of ours.
        .target(name: "Libvirt", dependencies: ["CLibvirt", "HostSystem", "Model", logging], swiftSettings: settings),
        .testTarget(
            name: "LibvirtTests",
            dependencies: [
                "HostSystem", "TestRandom", "CLibvirt", "Core", "Libvirt", "Model", "TestSupport", "rfb-snapshot",
                logging,
            ],
            swiftSettings: settings),

        // One door to SQLite. Not here: rules that are no constraint.
        .target(name: "Store", dependencies: ["Model", grdb, logging], swiftSettings: settings),
        .testTarget(
            name: "StoreTests", dependencies: ["Model", "Store", grdb, logging], swiftSettings: settings),

        // RFC 6455: upgrade, frames, closing. Not here: what the bytes mean.
        .target(
            name: "WebSocket",
            dependencies: [
                "HostSystem", httpTypes, hummingbirdCore, logging, nioCore, nioHTTP1, nioHTTPTypes, nioHTTPTypesHTTP1,
                nioSSL, nioWebSocket,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "WebSocketTests",
            dependencies: [
                "TestRandom",
                "WebSocket", crypto, httpTypes, hummingbirdCore, logging, nioCore, nioEmbedded, nioHTTP1,
                nioPosix, nioSSL, swiftASN1, x509,
            ],
            swiftSettings: settings),

        // libcrypto's C library: DES for VNC passwords.
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto"),

        // Console sources, RFB handshakes and the two-way pump. Not here: what a WebSocket is.
        .target(
            name: "Console",
            dependencies: ["COpenSSL", "Model", logging, nioCore, nioPosix, subprocess, systemPackage],
            swiftSettings: settings),

        .testTarget(
            name: "ConsoleTests",
            dependencies: ["TestRandom", "Console", "Model", logging, nioCore, nioEmbedded, nioPosix, subprocess],
            swiftSettings: settings),

        // What is said between the host and a plugin: manifest, handshake, messages. Not here: pipes.
        .target(name: "PluginProtocol", dependencies: ["JSONRPC", "Model"], swiftSettings: settings),
        .testTarget(
            name: "PluginProtocolTests", dependencies: ["TestRandom", "JSONRPC", "Model", "PluginProtocol"],
            swiftSettings: settings),

        // What a Swift plugin's author imports. Not here: the host's side.
        .target(
            name: "PluginKit", dependencies: ["HostSystem", "JSONRPC", "Model", "PluginProtocol", logging],
            swiftSettings: settings),
        .testTarget(
            name: "PluginKitTests", dependencies: ["HostSystem", "JSONRPC", "Model", "PluginKit", "PluginProtocol"],
            swiftSettings: settings),

        // Starts a plugin's process and makes sure that nothing of it is left. Not here: anything else.
        .executableTarget(name: "gatehouse-launch"),

        // The plugin table, loading, supervision, routing. Not here: the core, sockets.
        .target(
            name: "PluginHost",
            dependencies: [
                "HostSystem", "JSONRPC", "Model", "PluginProtocol", crypto, logging, serviceLifecycle, subprocess,
                systemPackage, yams,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "PluginHostTests",
            dependencies: [
                "TestRandom",
                "HostSystem", "JSONRPC", "Model", "PluginHost", "PluginProtocol", "gatehouse-launch",
                "hello-plugin", logging,
                serviceLifecycle,
            ],
            exclude: ["Plugins"],
            swiftSettings: settings),

        // XML-RPC as pure functions. Not here: sockets.
        .target(name: "XMLRPC", dependencies: ["Model"], swiftSettings: settings),
        .testTarget(name: "XMLRPCTests", dependencies: ["TestRandom", "Model", "XMLRPC"], swiftSettings: settings),

        // The HTTP edge. Not here: rules.
        .target(
            name: "Web",
            dependencies: [
                "Console", "Core", "CoreAPI", "HostSystem", "JSONRPC", "Model", "WebSocket", asyncAlgorithms, crypto,
                httpTypes,
                hummingbird, hummingbirdCore, logging, nioCore, nioExtras, nioHTTP1, nioHTTPTypesHTTP1, nioPosix,
                nioSSL, serviceLifecycle,
            ],
            swiftSettings: settings),

        .testTarget(
            name: "WebTests",
            dependencies: [
                "TestRandom",
                "Core", "CoreAPI", "JSONRPC", "Model", "TestSupport", "Web", httpTypes, hummingbird, logging, nioCore,
                serviceLifecycle,
            ],
            swiftSettings: settings),

        // libvncclient's C library.
        .systemLibrary(name: "CVNC", pkgConfig: "libvncclient"),

        // One picture of an RFB source, in a process of its own. Not here: anything else.
        .executableTarget(name: "rfb-snapshot", dependencies: ["CVNC"], linkerSettings: [.linkedLibrary("z")]),

        // Fakes, fixtures and contract suites; for tests only.
        .target(
            name: "TestSupport",
            dependencies: ["Core", "Model", "Store", logging, nioCore, nioPosix, nioSSL], swiftSettings: settings),

        // The administrator's command line. Not here: rules.
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Backup", "HostSystem", "JSONRPC", "Model", "PluginHost", "Store", argumentParser, logging, nioCore,
                nioPosix, swiftASN1, x509, yams,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "gatehouseTests",
            dependencies: [
                "Backup", "HostSystem", "gatehouse", "JSONRPC", "Model", "Store", "TestSupport", argumentParser, crypto,
                logging, nioCore, nioPosix, swiftASN1, x509,
            ],
            swiftSettings: settings),

        // The composition root: configuration, certificates, wiring.
        .executableTarget(
            name: "gatehoused",
            dependencies: [
                "Console", "Core", "CoreAPI", "HostSystem", "Libvirt", "Model", "PluginHost", "Store", "Web",
                "gatehouse-launch", argumentParser, crypto, logging,
                nioCore, nioSSL, serviceLifecycle, swiftASN1, unixSignals, x509, yams,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "gatehousedTests",
            dependencies: [
                "HostSystem", "Model", "PluginHost", "TestSupport", "gatehoused", crypto, logging, serviceLifecycle,
                swiftASN1, x509,
            ],
            swiftSettings: settings),

        // The plugins that come with Gatehouse: a library with the logic, an executable of ten lines.
        .target(
            name: "ZentificPlugin", dependencies: ["HostSystem", "JSONRPC", "Model", "PluginKit", "XMLRPC"],
            path: "Plugins/Zentific/Sources/ZentificPlugin", swiftSettings: settings),
        .executableTarget(
            name: "zentific-plugin", dependencies: ["PluginKit", "ZentificPlugin"],
            path: "Plugins/Zentific/Sources/zentific-plugin", swiftSettings: settings),
        .testTarget(
            name: "ZentificPluginTests", dependencies: ["JSONRPC", "Model", "PluginKit", "XMLRPC", "ZentificPlugin"],
            path: "Plugins/Zentific/Tests", swiftSettings: settings),
        .target(
            name: "SchedulerPlugin", dependencies: ["Model", "PluginKit"],
            path: "Plugins/Scheduler/Sources/SchedulerPlugin", swiftSettings: settings),
        .executableTarget(
            name: "scheduler-plugin", dependencies: ["PluginKit", "SchedulerPlugin"],
            path: "Plugins/Scheduler/Sources/scheduler-plugin", swiftSettings: settings),
        .testTarget(
            name: "SchedulerPluginTests", dependencies: ["Model", "PluginKit", "SchedulerPlugin"],
            path: "Plugins/Scheduler/Tests", swiftSettings: settings),
        .target(
            name: "PollerPlugin", dependencies: ["Model", "PluginKit"],
            path: "Plugins/Poller/Sources/PollerPlugin", swiftSettings: settings),
        .executableTarget(
            name: "poller-plugin", dependencies: ["PluginKit", "PollerPlugin"],
            path: "Plugins/Poller/Sources/poller-plugin", swiftSettings: settings),
        .testTarget(
            name: "PollerPluginTests", dependencies: ["TestRandom", "Model", "PluginKit", "PollerPlugin"],
            path: "Plugins/Poller/Tests", swiftSettings: settings),

        // The example in the guide "Write a plugin".
        .executableTarget(
            name: "hello-plugin", dependencies: ["Model", "PluginKit"], path: "Examples/hello-swift/Sources",
            swiftSettings: settings),

        // What `make bench` measures calls through.
        .executableTarget(
            name: "bench-plugin", dependencies: ["Model", "PluginKit"],
            path: "packaging/bench/plugins/bench-swift/Sources",
            swiftSettings: settings),

        // The built daemon, started and used from outside.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "JSONRPC", "Model", "TestSupport", "gatehouse", "gatehoused", "hello-plugin", "poller-plugin",
                "scheduler-plugin", "zentific-plugin", nioCore, nioPosix,
            ],
            swiftSettings: settings),

        // The house rules, held over the files of the repository.
        .testTarget(name: "RepositoryTests", swiftSettings: settings),
    ]
)
