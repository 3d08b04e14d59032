// SPDX-License-Identifier: Apache-2.0

import Model
import PluginKit
import Synchronization

let count = Mutex(0)
var plugin = Plugin(version: "1.0.0")

plugin.onRequest { call, host in
    let number = count.withLock { count in
        count += 1
        return count
    }
    let greeting = host.configuration["greeting"]?.stringValue ?? "Hello"
    let name = call.queryValue("name") ?? "world"
    let size = UInt(call.queryValue("size") ?? "") ?? 0
    let filling = String(repeating: "x", count: Int(min(size, 9_000_000)))  // the kit makes chunks of a long answer
    return .text("\(greeting), \(name)! This is greeting \(number).\n" + filling)
}

try await plugin.run()
