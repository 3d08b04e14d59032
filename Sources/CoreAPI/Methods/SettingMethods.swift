// SPDX-License-Identifier: Apache-2.0

package import Core
package import Model

private let nameParameter = Parameter.required("name", .string(maximum: 64), "The setting's name.")

extension CoreAPI {
    static let settingMethods = [
        Method("setting.list", "Lists what can be set while Gatehouse runs.", right: .user, result: "{settings}") {
            call in
            let settings = await call.core.settings.settings(for: call.core.access.globalLevel(of: call.principal))
            return ["settings": .array(settings.map(Render.setting))]
        },
        Method(
            "setting.get", "Shows a setting.", right: .user, parameters: [nameParameter], result: "{setting}"
        ) { call in
            let level = call.core.access.globalLevel(of: call.principal)
            let setting = try await call.core.settings.setting(call.arguments.string("name"), for: level)
            return ["setting": Render.setting(setting)]
        },
        Method(
            "setting.set", "Sets a setting; left without a value it returns to what it is by itself.",
            right: .superUser,
            parameters: [
                nameParameter, .optional("value", .any(maximumBytes: 1000), "The value: a number or a text."),
            ],
            result: "{setting}", isChange: true
        ) { call in
            let setting = try await call.core.settings.set(
                call.arguments.string("name"), to: call.arguments.value("value"))
            return ["setting": Render.setting(setting)]
        },
    ]
}

extension Render {
    /// A setting.
    package static func setting(_ setting: Setting) -> JSONValue {
        let definition = setting.definition
        return [
            "name": .string(definition.name), "summary": .string(definition.summary), "value": setting.value,
            "default": .bool(setting.isDefault), "level": .int(Int64(definition.readLevel.rawValue)),
            "settable": .bool(definition.kind != .fixedFlag),
        ]
    }
}
