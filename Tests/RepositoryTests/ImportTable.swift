// SPDX-License-Identifier: Apache-2.0

/// What one target may import.
struct ImportRow {
    /// The target, which is also its folder in `Sources`.
    let target: String
    /// Targets of ours.
    let ours: Set<String>
    /// Modules of others; one that ends in `*` stands for all that begin so.
    let others: Set<String>

    /// Whether that module may be imported.
    func allows(_ module: String) -> Bool {
        if ours.contains(module) || ImportTable.everywhere.contains(module) { return true }
        return others.contains { $0.hasSuffix("*") ? module.hasPrefix($0.dropLast()) : module == $0 }
    }
}

/// Who may import whom.
///
/// A row changes together with the table in Architecture.md, with a reason.
///
/// Arrows point down: a target only imports what stands above it here. The adapters (`Libvirt`,
/// `Store`, `Console`) never import each other.
enum ImportTable {
    /// What comes with the language.
    static let everywhere: Set = ["Swift", "Synchronization", "FoundationEssentials", "Glibc"]

    static let rows = [
        ImportRow(target: "CLibvirt", ours: [], others: []),
        ImportRow(target: "CVNC", ours: [], others: []),
        ImportRow(target: "COpenSSL", ours: [], others: []),
        ImportRow(target: "CHost", ours: [], others: []),
        ImportRow(target: "HostSystem", ours: ["CHost"], others: []),
        ImportRow(target: "TestRandom", ours: [], others: []),
        ImportRow(target: "Model", ours: [], others: []),
        ImportRow(target: "JSONRPC", ours: ["Model"], others: []),
        ImportRow(
            target: "Core", ours: ["Model"],
            others: ["Logging", "ServiceLifecycle", "Crypto", "CryptoExtras", "Dispatch"]),
        ImportRow(target: "CoreAPI", ours: ["Model", "Core", "JSONRPC"], others: ["Logging"]),
        ImportRow(
            target: "Backup", ours: ["Model", "JSONRPC", "HostSystem"], others: ["Crypto", "CryptoExtras"]),
        ImportRow(target: "Libvirt", ours: ["CLibvirt", "HostSystem", "Model"], others: ["Logging"]),
        ImportRow(target: "Store", ours: ["Model"], others: ["GRDB", "Logging", "Foundation", "Dispatch"]),
        ImportRow(
            target: "Console", ours: ["Model", "HostSystem", "COpenSSL"],
            others: ["NIO*", "Logging", "Subprocess", "SystemPackage"]),
        ImportRow(
            target: "WebSocket", ours: ["HostSystem"], others: ["NIO*", "HummingbirdCore", "HTTPTypes", "Logging"]),
        ImportRow(target: "PluginProtocol", ours: ["Model", "JSONRPC"], others: []),
        ImportRow(
            target: "PluginKit", ours: ["Model", "PluginProtocol", "JSONRPC", "HostSystem"], others: ["Logging"]),
        ImportRow(target: "gatehouse-launch", ours: [], others: []),
        ImportRow(
            target: "PluginHost", ours: ["Model", "PluginProtocol", "JSONRPC", "HostSystem"],
            others: ["Subprocess", "SystemPackage", "ServiceLifecycle", "Yams", "Logging", "Crypto"]),
        ImportRow(target: "XMLRPC", ours: ["Model"], others: []),
        ImportRow(
            target: "Web", ours: ["Model", "Core", "CoreAPI", "JSONRPC", "WebSocket", "Console", "HostSystem"],
            others: [
                "Hummingbird*", "HTTPTypes", "NIO*", "Logging", "ServiceLifecycle", "AsyncAlgorithms", "Crypto",
                "Foundation",
            ]),
        ImportRow(
            target: "gatehoused",
            ours: [
                "Model", "JSONRPC", "Core", "CoreAPI", "Libvirt", "Store", "Console", "WebSocket", "Web", "HostSystem",
                "PluginHost",
            ],
            others: [
                "ArgumentParser", "Yams", "X509", "SwiftASN1", "Crypto", "CryptoExtras", "_CryptoExtras", "Foundation",
                "Hummingbird*", "Logging", "NIO*", "ServiceLifecycle", "Subprocess", "UnixSignals",
            ]),
        ImportRow(
            target: "gatehouse", ours: ["Model", "JSONRPC", "HostSystem", "Backup", "Store", "PluginHost"],
            others: ["ArgumentParser", "NIO*", "Foundation", "Logging", "SwiftASN1", "X509", "Yams"]),
        ImportRow(target: "rfb-snapshot", ours: ["CVNC"], others: []),
        ImportRow(
            target: "TestSupport",
            ours: [
                "Model", "JSONRPC", "Core", "CoreAPI", "HostSystem", "Libvirt", "Store", "Console", "WebSocket", "Web",
            ], others: ["Testing", "Foundation", "Logging", "NIO*"]),
    ]

    /// The row of a target.
    static func row(_ target: String) -> ImportRow? { rows.first { $0.target == target } }
}
