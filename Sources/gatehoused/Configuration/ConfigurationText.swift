// SPDX-License-Identifier: Apache-2.0

import Yams

/// The content of a configuration file, and its name for messages.
struct ConfigurationText: Sendable {
    let file: String
    let text: String
}

/// Which file a value stands in; a mapping that several files have a part in knows it for each of its keys.
struct Origin {
    /// The file; of a mapping from several files the first one.
    let file: String
    /// Those of its values that other files have a part in.
    private(set) var members: [String: Origin] = [:]

    init(file: String) { self.file = file }

    /// Where a value of the mapping stands.
    func below(_ key: String) -> Origin { members[key] ?? Origin(file: file) }

    /// Notes that another file has a part in a value.
    mutating func note(_ key: String, _ origin: Origin) { members[key] = origin }
}

extension Field {
    /// This value with a later one over it: mappings are joined key by key, anything else is replaced.
    func joined(with later: Field) -> Field {
        guard case .mapping(let before) = node, case .mapping(let after) = later.node else { return later }
        var pairs = before.map { ($0.key, $0.value) }
        var places: [String: Int] = [:]
        for (place, pair) in pairs.enumerated() { if case .scalar(let key) = pair.0 { places[key.string] = place } }
        var origin = origin
        for (key, value) in after {
            // What is no word is told of where it stands.
            guard case .scalar(let scalar) = key else { return later }
            let name = scalar.string
            let new = later.below(name, value)
            guard let place = places[name] else {
                pairs.append((key, value))
                origin.note(name, new.origin)
                continue
            }
            let joined = below(name, pairs[place].1).joined(with: new)
            if joined.node.mapping == nil || pairs[place].1.mapping == nil { pairs[place].0 = key }
            pairs[place].1 = joined.node
            origin.note(name, joined.origin)
        }
        let joined = Node.Mapping(pairs, before.tag, before.style, before.mark)
        return Field(node: .mapping(joined), path: path, origin: origin)
    }
}
