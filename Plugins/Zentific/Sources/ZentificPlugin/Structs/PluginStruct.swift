// SPDX-License-Identifier: Apache-2.0

import Model
import XMLRPC

/// PLUGIN: a row of the plugin table.
enum PluginStruct {
    /// The struct for a plugin of the core; the rpc flag goes under both of its historical keys.
    static func value(_ plugin: JSONValue, number: Int) -> XMLRPCValue {
        let flag = { (name: String) in XMLRPCValue.boolean(plugin[name] == true) }
        return .members([
            "id": .int(Int64(number)), "privilege": .int(AccessNumber.none),
            "name": .string(plugin["name"]?.stringValue ?? ""),
            "description": .string(plugin["description"]?.stringValue ?? ""), "platform": 0,
            "frontend": flag("frontend"), "rpc": flag("rpc"), "xmlrpc": flag("rpc"), "scheduler": flag("scheduler"),
            "poller": flag("poller"), "enabled": flag("enabled"), "controlnetwork": false, "controlstorage": false,
            "controlplatform": false,
        ])
    }
}
