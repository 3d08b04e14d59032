// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import PluginHost

@Suite struct RoutingTests {
    @Test func `every change of the routes shows in the version, and nothing else does`() {
        let table = RoutingTable()
        let route = PluginRoute(plugin: "hello", path: "/hello")
        var versions = [table.version]
        #expect(table.route(for: "/hello", listenerOf: nil) == nil)
        #expect(table.version == versions[0])
        table.replace(Routing(routes: [route]))
        versions.append(table.version)
        #expect(table.route(for: "/hello", listenerOf: nil) == route)
        table.replace(Routing())
        versions.append(table.version)
        #expect(table.route(for: "/hello", listenerOf: nil) == nil)
        table.close()
        versions.append(table.version)
        #expect(Set(versions).count == versions.count)
    }
}
