// SPDX-License-Identifier: Apache-2.0

package import Model

/// What `plugin.yaml` says: what a plugin is, which parts it has and what it asks for.
package struct Manifest: Codable, Sendable, Equatable {
    /// The file's name in the plugin's folder.
    package static let fileName = "plugin.yaml"
    /// The folder of its pages.
    package static let pagesFolder = "www"

    /// Its name, unique in the table.
    package var name: String
    /// Its version.
    package var version: String
    /// What it is, in a sentence.
    package var description: String
    /// The versions of the contract that it speaks.
    package var contract: ContractRange
    /// The parts that it has.
    package var parts: [PluginPart]
    /// What starts its process; nil for a plugin with pages only.
    package var command: [String]?
    /// The permissions that it asks for.
    package var permissions: [String]
    /// The paths that it answers.
    package var routes: [Route]
    /// The topics that it hears.
    package var events: [String]
    /// What the host ticks.
    package var polls: [Poll]
    /// The kinds of job that it carries out; `*` for all.
    package var jobs: [String]
    /// The pages that it adds.
    package var pages: [Page]
    /// JSON Schema of its configuration; nil where it has none.
    package var configuration: JSONValue?

    /// Reads the fields; lists that are not given are empty.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        version = try fields.decode(String.self, forKey: .version)
        description = try fields.decode(String.self, forKey: .description)
        contract = try fields.decode(ContractRange.self, forKey: .contract)
        parts = try fields.decode([PluginPart].self, forKey: .parts)
        command = try fields.decodeIfPresent([String].self, forKey: .command)
        permissions = try fields.decodeIfPresent([String].self, forKey: .permissions) ?? []
        routes = try fields.decodeIfPresent([Route].self, forKey: .routes) ?? []
        events = try fields.decodeIfPresent([String].self, forKey: .events) ?? []
        polls = try fields.decodeIfPresent([Poll].self, forKey: .polls) ?? []
        jobs = try fields.decodeIfPresent([String].self, forKey: .jobs) ?? []
        pages = try fields.decodeIfPresent([Page].self, forKey: .pages) ?? []
        configuration = try fields.decodeIfPresent(JSONValue.self, forKey: .configuration)
    }
}

/// The versions of the contract that a plugin speaks, both ends included.
package struct ContractRange: Codable, Sendable, Equatable {
    /// The lowest.
    package var from: Int
    /// The highest.
    package var to: Int

    /// Makes a range.
    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }
}

extension Manifest {
    /// A claim on paths.
    package struct Route: Codable, Sendable, Equatable {
        /// The path.
        package var path: String
        /// Whether everything below the path belongs to it too.
        package var prefix: Bool
        /// The methods that it answers.
        package var methods: [String]
        /// The longest body that it takes, in bytes.
        package var requestBytes: Int
        /// The cookies that are handed to it.
        package var cookies: [String]
        /// Whether it is answered on the plugin's own listeners alone.
        package var listener: Bool

        static let defaultMethods = ["GET", "POST"]
        static let defaultRequestBytes = 1 << 20

        /// Reads the fields; only the path must be given.
        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            path = try fields.decode(String.self, forKey: .path)
            prefix = try fields.decodeIfPresent(Bool.self, forKey: .prefix) ?? false
            methods = try fields.decodeIfPresent([String].self, forKey: .methods) ?? Self.defaultMethods
            requestBytes = try fields.decodeIfPresent(Int.self, forKey: .requestBytes) ?? Self.defaultRequestBytes
            cookies = try fields.decodeIfPresent([String].self, forKey: .cookies) ?? []
            listener = try fields.decodeIfPresent(Bool.self, forKey: .listener) ?? false
        }
    }

    /// A round that the host has the plugin do again and again.
    package struct Poll: Codable, Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Seconds from one round to the next.
        package var seconds: Int
    }

    /// A page of the web console.
    package struct Page: Codable, Sendable, Equatable {
        /// Its name in addresses.
        package var name: String
        /// Its title.
        package var title: String
        /// The document in `www/` that is shown in a frame.
        package var file: String
        /// The module in `www/` that is loaded into the shell where the plugin is trusted.
        package var module: String?
        /// The text of its menu entry; nil for a page without one.
        package var menu: String?
    }

    /// Its routes as the HTTP edge knows them.
    package var pluginRoutes: [PluginRoute] {
        routes.map { route in
            PluginRoute(
                plugin: name, path: route.path, isPrefix: route.prefix, methods: route.methods,
                requestBytes: route.requestBytes, cookies: route.cookies, isListenerOnly: route.listener)
        }
    }

    /// Its pages as the web console knows them.
    package var pluginPages: [PluginPage] {
        pages.map { page in
            PluginPage(name: page.name, title: page.title, file: page.file, module: page.module, menu: page.menu)
        }
    }
}
