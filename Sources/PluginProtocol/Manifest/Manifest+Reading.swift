// SPDX-License-Identifier: Apache-2.0

package import Model

extension Manifest {
    /// The schema that every manifest keeps to, made from the type itself.
    package static let schema = Result { try Schema.recorded(Manifest.self) }

    /// Names that stand for something else at the HTTP edge, so that no plugin can have them.
    package static let reservedNames: Set = [
        "account", "alerts", "api", "audit", "components", "console", "consoles", "css", "healthz", "jobs", "lib",
        "login", "machine", "machines", "metrics", "nodes", "page", "plugin", "plugin-files", "plugins", "setup",
        "users", "vendor", "views", "workers", "www",
    ]

    /// Reads a manifest.
    ///
    /// - Throws: `invalidParameters`, with the field that is wrong and what it must be.
    package init(json: JSONValue) throws {
        try Self.schema.get().check(json)
        self = try JSONValueDecoder.decode(Manifest.self, from: json)
        try checkName()
        try checkParts()
        try checkRoutes()
        try checkPages()
        for (index, topic) in events.enumerated()
        where !permissions.contains(where: { Permission($0).covers(event: topic) }) {
            throw Self.wrong("events[\(index)]", "needs the permission event.\(topic) among permissions")
        }
        try Self.checkUnique(polls.map(\.name), "polls")
        _ = try configurationSchema()
    }

    private static func wrong(_ field: String, _ what: String) -> GatehouseError {
        .invalidParameter(field, "\(field) \(what).")
    }

    private func checkName() throws {
        guard !Self.reservedNames.contains(name) else {
            throw Self.wrong("name", "must not be \(name), which is an address of the host itself")
        }
        guard contract.from <= contract.to else { throw Self.wrong("contract.from", "must not be above contract.to") }
    }

    private func checkParts() throws {
        if let first = command?.first {
            let isPath = first.hasPrefix("/") || first.split(separator: "/").contains("..")
            guard !isPath else {
                throw Self.wrong("command[0]", "must be a file of the plugin's folder or the plain name of a program")
            }
        }
        let needs: [(part: PluginPart, field: String, isGiven: Bool)] = [
            (.rpc, "routes", !routes.isEmpty), (.poller, "polls", !polls.isEmpty),
            (.scheduler, "jobs", !jobs.isEmpty), (.frontend, "pages", !pages.isEmpty),
        ]
        for need in needs where need.isGiven != parts.contains(need.part) {
            throw need.isGiven
                ? Self.wrong(need.field, "needs the part \(need.part.rawValue) among parts")
                : Self.wrong("parts", "names \(need.part.rawValue), which needs \(need.field)")
        }
        if command == nil, let part = parts.first(where: { $0 != .frontend }) {
            throw Self.wrong("command", "is missing; the part \(part.rawValue) needs a process")
        }
    }

    private func checkRoutes() throws {
        for (index, route) in routes.enumerated() where !route.listener {
            guard route.path == "/" + name || route.path.hasPrefix("/\(name)/") else {
                throw Self.wrong(
                    "routes[\(index)].path",
                    "must be /\(name) or below it; other paths are answered with listener: true on own listeners only")
            }
        }
        try Self.checkUnique(routes.map { "\($0.listener ? "listener " : "")\($0.path)" }, "routes")
    }

    private func checkPages() throws {
        try Self.checkUnique(pages.map(\.name), "pages")
        for (index, page) in pages.enumerated() {
            if let module = page.module, !module.hasSuffix(".js"), !module.hasSuffix(".mjs") {
                throw Self.wrong("pages[\(index)].module", "must end in .js or .mjs")
            }
        }
    }

    private static func checkUnique(_ names: [String], _ field: String) throws {
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw wrong("\(field)[\(index)]", "is the second \(name)")
        }
    }

    /// What describes the configuration; nil where the plugin has none.
    private func configurationSchema() throws -> Schema? {
        guard let configuration, !configuration.isNull else { return nil }
        return try Schema(configuration: configuration, at: "configuration")
    }

    /// The configuration to hand over: what is given, with the manifest's defaults.
    ///
    /// - Throws: `invalidParameters`, with the field of `config` that is wrong.
    package func configured(_ given: JSONValue) throws -> [String: JSONValue] {
        let given = given.isNull ? .object([:]) : given
        guard let schema = try configurationSchema() else {
            guard given == .object([:]) else {
                throw Self.wrong("config", "must be empty; the plugin \(name) has no configuration")
            }
            return [:]
        }
        let filled = schema.filled(given)
        try schema.check(filled, at: "config")
        return filled.objectValue ?? [:]
    }

    /// Whether this build of the host speaks a version of the contract that the plugin speaks.
    package var isSpeakable: Bool { !offeredVersions.isEmpty }

    /// The versions to offer it: those that both sides speak.
    package var offeredVersions: [Int] {
        ContractVersion.supported.filter { (contract.from...contract.to).contains($0) }
    }
}
