// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

extension ZentificTable {
    static let zentific = [
        ZentificMethod(open: "Zentific.hello", returns: "boolean, always true") { call in
            ZentificAnswer(value: true, session: call.session == nil ? call.strangers.begin() : nil)
        },
        ZentificMethod("Zentific.getConfig", [.text("key")], returns: "string") { call in
            let setting = try await call.setting()
            return .string(ConfigKey.text(setting["value"] ?? .null))
        },
        ZentificMethod("Zentific.getConfigPriv", [.text("key")], returns: "int, the weakest level that may read it") {
            call in
            do {
                return .int(try await call.setting()["level"]?.intValue ?? AccessNumber.superUser)
            } catch let error as GatehouseError where error.code == .forbidden {
                // What may not be read by this caller may be read by superusers alone.
                return .int(AccessNumber.superUser)
            }
        },
        ZentificMethod(
            "Zentific.setconfig", aliases: ["Zentific.setConfig"], [.text("key"), .text("value")], returns: "boolean"
        ) { call in
            let key = try ConfigKey.named(call.arguments.text("key"))
            let value = try key.value(call.arguments.text("value"))
            _ = try await call.core("setting.set", ["name": .string(key.setting), "value": value])
            return true
        },
        ZentificMethod("Zentific.getFrontendPlugins", returns: "array of string") { call in
            let plugins = try await call.plugins()
            return .array(
                plugins.filter { $0["enabled"] == true && $0["frontend"] == true }
                    .map { .string($0["name"]?.stringValue ?? "") })
        },
        ZentificMethod(
            "Zentific.modifyPlugin",
            [.text("name"), .flag("enabled"), .flag("rpc"), .flag("frontend"), .flag("scheduler"), .flag("poller")],
            returns: "boolean"
        ) { call in
            let name = JSONValue.string(call.arguments.text("name"))
            let parts = try await call.core("plugin.show", ["name": name])["plugin"]?["parts"]?.arrayValue ?? []
            var change = ["name": name, "enabled": .bool(call.arguments.flag("enabled"))]
            for part in ["rpc", "frontend", "scheduler", "poller"] {
                let isOn = call.arguments.flag(part)
                // A part that the plugin does not have is off already; to switch it on is the core's to refuse.
                if isOn || parts.contains(.string(part)) { change[part] = .bool(isOn) }
            }
            do {
                _ = try await call.core("plugin.modify", change)
            } catch is CancellationError {
                // It was this plugin that was switched off: the host is doing so, and waits for this answer.
            } catch let error as GatehouseError where error.code == .pluginFailed {
                // The same, a moment later: the host's end is closed already.
            }
            return true
        },
        ZentificMethod("Zentific.getAllPlugins", returns: "array of PLUGIN") { call in
            .array(try await call.plugins().enumerated().map { PluginStruct.value($0.element, number: $0.offset + 1) })
        },
    ]
}

extension ZentificCall {
    fileprivate func setting() async throws -> JSONValue {
        let key = try ConfigKey.named(arguments.text("key"))
        return try await core("setting.get", ["name": .string(key.setting)])["setting"] ?? .null
    }

    fileprivate func plugins() async throws -> [JSONValue] {
        try await core("plugin.list")["plugins"]?.arrayValue ?? []
    }
}
