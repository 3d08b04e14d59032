// SPDX-License-Identifier: Apache-2.0

import Model

extension Schema {
    fileprivate mutating func limit(length: ClosedRange<Int>, pattern: String? = nil) {
        minLength = length.lowerBound
        maxLength = length.upperBound
        self.pattern = pattern
    }

    fileprivate mutating func limit(count: ClosedRange<Int>, element: (inout Schema) -> Void = { _ in }) {
        if count.lowerBound > 0 { minItems = count.lowerBound }
        maxItems = count.upperBound
        hasUniqueItems = true
        guard var item = items.first else { return }
        element(&item)
        items = [item]
    }

    fileprivate mutating func limit(_ range: ClosedRange<Double>) {
        minimum = range.lowerBound
        maximum = range.upperBound
    }
}

/// The forms that names in a manifest have.
enum ManifestForm {
    static let name = "[a-z][a-z0-9-]*"
    static let version = "[0-9A-Za-z.+~-]+"
    static let word = "[a-z][A-Za-z0-9]*"
    static let topic = "\(word)(\\.\(word))+"
    static let permission = "network|\(word)(\\.\(word))*\\.(\\*|\(word))"
    static let jobKind = "\\*|\(word)(\\.\(word))*\\.(\\*|\(word))"
    static let path = "/|(/(?!\\.\\.?(/|$))[A-Za-z0-9._~-]+)+"
    static let file = "(?!\\.)[A-Za-z0-9._-]+(/(?!\\.)[A-Za-z0-9._-]+)*"
    static let cookie = "[A-Za-z0-9][A-Za-z0-9_-]*"
    /// A line of text.
    static let line = "[^\\u0000-\\u001F\\u007F]*"
}

extension Manifest: SchemaAnnotated {
    /// A field that is not known is most likely a mistake.
    package static var allowsOthers: Bool { false }

    /// The fields of `plugin.yaml`.
    package static var annotations: [FieldAnnotation] { identity + asks + work }

    private static var identity: [FieldAnnotation] {
        [
            FieldAnnotation("name", "Its name, unique among the plugins of a host.") {
                $0.limit(length: 1...63, pattern: ManifestForm.name)
            },
            FieldAnnotation("version", "Its version.") { $0.limit(length: 1...32, pattern: ManifestForm.version) },
            FieldAnnotation("description", "What it is, in a sentence.") {
                $0.limit(length: 1...200, pattern: ManifestForm.line)
            },
            FieldAnnotation("contract", "The versions of the contract that it speaks, both ends included."),
            FieldAnnotation("parts", "The parts that it has; each can be switched by itself.") {
                $0.limit(count: 1...4)
            },
            FieldAnnotation(
                "command",
                "What starts its process: a file of its folder, or a program in /usr/bin or /bin, and the arguments. "
                    + "A plugin with pages only has none."
            ) { schema in
                schema.limit(count: 1...32) { $0.limit(length: 1...1_024, pattern: ManifestForm.line) }
                schema.hasUniqueItems = false
            },
        ]
    }

    private static var asks: [FieldAnnotation] {
        [
            FieldAnnotation(
                "permissions",
                "What it asks for: core methods (machine.list, machine.*), events (event.machine.changed) and network."
            ) {
                $0.limit(count: 0...128) { $0.limit(length: 1...100, pattern: ManifestForm.permission) }
                $0.defaultValue = []
            },
            FieldAnnotation("routes", "The paths that its rpc part answers.") {
                $0.limit(count: 0...64)
                $0.defaultValue = []
            },
            FieldAnnotation("events", "The topics that it hears; each needs the permission event.TOPIC.") {
                $0.limit(count: 0...64) { $0.limit(length: 1...94, pattern: ManifestForm.topic) }
                $0.defaultValue = []
            },
        ]
    }

    private static var work: [FieldAnnotation] {
        [
            FieldAnnotation("polls", "What its poller part is ticked for.") {
                $0.limit(count: 0...32)
                $0.defaultValue = []
            },
            FieldAnnotation("jobs", "The kinds of job that its scheduler part carries out; * for all.") {
                $0.limit(count: 0...64) { $0.limit(length: 1...100, pattern: ManifestForm.jobKind) }
                $0.defaultValue = []
            },
            FieldAnnotation("pages", "The pages that its frontend part adds to the web console.") {
                $0.limit(count: 0...32)
                $0.defaultValue = []
            },
            FieldAnnotation(
                "configuration",
                "JSON Schema of config in its row of the plugin table, in type, description, properties, required, "
                    + "additionalProperties, enum, minimum, maximum, maxLength, items and default."
            ) { $0.kinds = [.object, .null] },
        ]
    }
}

extension ContractRange: SchemaAnnotated {
    /// A field that is not known is most likely a mistake.
    package static var allowsOthers: Bool { false }

    /// Both ends.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("from", "The lowest version.") { $0.limit(1...1_000) },
            FieldAnnotation("to", "The highest version.") { $0.limit(1...1_000) },
        ]
    }
}

extension Manifest.Route: SchemaAnnotated {
    /// A field that is not known is most likely a mistake.
    package static var allowsOthers: Bool { false }

    /// The methods that a route can answer.
    static let knownMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    /// The longest body that a route can take; in Base64 it still fits a message.
    static let mostRequestBytes = 32 << 20

    /// The fields of a route.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation(
                "path", "The path; on the host's own listener /NAME of the plugin, or something below it."
            ) { $0.limit(length: 1...200, pattern: ManifestForm.path) },
            FieldAnnotation("prefix", "Whether everything below the path belongs to it too.") {
                $0.defaultValue = false
            },
            FieldAnnotation("methods", "The HTTP methods that it answers.") { schema in
                schema.limit(count: 1...7) { $0.choices = knownMethods.map(JSONValue.string) }
                schema.defaultValue = .array(defaultMethods.map(JSONValue.string))
            },
            FieldAnnotation("requestBytes", "The longest body that it takes, in bytes.") {
                $0.limit(0...Double(mostRequestBytes))
                $0.defaultValue = .int(Int64(defaultRequestBytes))
            },
            FieldAnnotation("cookies", "The cookies that are handed to it and that it may set.") {
                $0.limit(count: 0...8) { $0.limit(length: 1...64, pattern: ManifestForm.cookie) }
                $0.defaultValue = []
            },
            FieldAnnotation("listener", "Whether it is answered on the plugin's own listeners alone.") {
                $0.defaultValue = false
            },
        ]
    }
}

extension Manifest.Poll: SchemaAnnotated {
    /// A field that is not known is most likely a mistake.
    package static var allowsOthers: Bool { false }

    /// The fields of a poll.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("name", "Its name.") { $0.limit(length: 1...63, pattern: ManifestForm.name) },
            FieldAnnotation("seconds", "Seconds from one round to the next.") { $0.limit(1...86_400) },
        ]
    }
}

extension Manifest.Page: SchemaAnnotated {
    /// A field that is not known is most likely a mistake.
    package static var allowsOthers: Bool { false }

    /// The fields of a page.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("name", "Its name in addresses.") {
                $0.limit(length: 1...63, pattern: ManifestForm.name)
            },
            FieldAnnotation("title", "Its title.") { $0.limit(length: 1...80, pattern: ManifestForm.line) },
            FieldAnnotation("file", "The document in www/ that is shown in a frame.") {
                $0.limit(length: 1...200, pattern: ManifestForm.file)
            },
            FieldAnnotation("module", "The module in www/ that is loaded into the shell of a trusted plugin.") {
                $0.limit(length: 1...200, pattern: ManifestForm.file)
            },
            FieldAnnotation("menu", "The text of its menu entry; a page without one is reached by its address.") {
                $0.limit(length: 1...40, pattern: ManifestForm.line)
            },
        ]
    }
}
