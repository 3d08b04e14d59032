// SPDX-License-Identifier: Apache-2.0

import Core
import Model

private let nameParameter = Parameter.required("name", .string(maximum: 63), "The plugin's name.")

extension CoreAPI {
    static let pluginMethods = [
        Method(
            "plugin.list", "Lists the plugins: for a superuser all, for others those that are on.", right: .user,
            result: "{plugins, sandbox}", isActivity: false
        ) { call in try await call.pluginList() },
        Method(
            "plugin.show", "Shows a plugin; to a superuser with the end of its log.", right: .user,
            parameters: [nameParameter], result: "{plugin, log}",
            isActivity: false
        ) { call in
            let status = try await call.core.plugins.plugin(named: call.arguments.string("name"))
            guard let plugin = call.render.visiblePlugin(status) else { throw GatehouseError.pluginNotFound }
            guard call.core.access.isSuperUser(call.principal) else { return ["plugin": plugin] }
            let lines = try await call.core.plugins.log(status.name, limit: 20, after: nil)
            return ["plugin": plugin, "log": .array(lines.map(Render.pluginLine))]
        },
        Method(
            "plugin.pages", "Lists the pages of plugins that are on.", right: .user, result: "{pages}",
            isActivity: false
        ) { call in
            let pages = await call.core.plugins.plugins().filter { $0.isOn(.frontend) && $0.state != .failed }
                .flatMap { plugin in plugin.pages.map { Render.page($0, of: plugin) } }
            return ["pages": .array(pages)]
        },
        Method(
            "plugin.modify", "Switches a plugin or its parts, or grants it permissions; counts at once.",
            right: .superUser,
            parameters: [
                nameParameter, .optional("enabled", .bool, "Whether it is on."),
                .optional("rpc", .bool, "Whether it answers its routes."),
                .optional("frontend", .bool, "Whether its pages are shown."),
                .optional("scheduler", .bool, "Whether it carries out jobs."),
                .optional("poller", .bool, "Whether its polls run."),
                .optional("permissions", .texts(maximum: 256), "What it is granted, in place of what it was."),
            ],
            result: "{plugin}", isChange: true
        ) { call in
            let status = try await call.core.plugins.modify(call.arguments.string("name"), call.pluginChange())
            return ["plugin": call.render.plugin(status)]
        },
        Method(
            "plugin.reset", "Returns one plugin, or all, to what the configuration file says.", right: .superUser,
            parameters: [.optional("name", .string(maximum: 63), "The plugin's name; all if left out.")],
            result: "{}", isChange: true
        ) { call in
            try await call.core.plugins.reset(call.arguments.optionalString("name"))
            return [:]
        },
        Method(
            "plugin.reload", "Looks at the plugin folders again; new versions replace old ones.", right: .superUser,
            result: "{plugins, sandbox}", isChange: true
        ) { call in
            try await call.core.plugins.reload()
            return try await call.pluginList()
        },
        Method(
            "plugin.restart", "Ends a plugin's process and starts it again.", right: .superUser,
            parameters: [nameParameter], result: "{plugin}", isChange: true
        ) { call in
            ["plugin": call.render.plugin(try await call.core.plugins.restart(call.arguments.string("name")))]
        },
        Method(
            "plugin.log", "Shows the last lines of a plugin's log.", right: .superUser,
            parameters: [
                nameParameter, .optional("limit", .int(1...1000), "At most that many; 200 if left out."),
                .optional("after", .int(0...Int64.max), "Only lines with a higher number."),
            ],
            result: "{lines}", isActivity: false
        ) { call in
            let lines = try await call.core.plugins.log(
                call.arguments.string("name"), limit: Int(call.arguments.optionalInt("limit") ?? 200),
                after: call.arguments.optionalInt("after"))
            return ["lines": .array(lines.map(Render.pluginLine))]
        },
    ]
}

extension Call {
    fileprivate func pluginList() async throws -> JSONValue {
        let plugins = await core.plugins.plugins().compactMap(render.visiblePlugin)
        return ["plugins": .array(plugins), "sandbox": Render.sandbox(await core.plugins.sandbox)]
    }

    fileprivate func pluginChange() throws -> PluginChange {
        var change = PluginChange(
            enabled: arguments.optionalBool("enabled"), permissions: arguments.optionalTexts("permissions"))
        for part in PluginPart.allCases { change.parts[part] = arguments.optionalBool(part.rawValue) }
        guard change != PluginChange() else {
            throw GatehouseError(.invalidParameters, "Say what to change: enabled, a part, or permissions.")
        }
        change.isThroughItself = isThrough(plugin: arguments.string("name"))
        return change
    }

    /// Whether the call comes from that plugin, or from a client behind it.
    private func isThrough(plugin name: String) -> Bool {
        if case .plugin(let plugin) = principal.identity { return plugin.name == name }
        return principal.plugin == name
    }
}
