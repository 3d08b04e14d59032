// SPDX-License-Identifier: Apache-2.0

import Model

/// What is being read, made and deleted at the moment, so that nothing is pulled away from under a copy.
struct StorageHolds {
    /// Something that is held.
    enum Thing: Hashable {
        case volume(NodeID, VolumeName)
        case template(TemplateID)
        case templateName(NodeID, String)
        case machineName(NodeID, String)

        /// What to tell somebody else.
        fileprivate var text: String {
            switch self {
            case .volume(_, let volume): "Something is being done with the volume \(volume.name)"
            case .template: "Something is being done with this template"
            case .templateName(_, let name): "A template called \(name) is being made"
            case .machineName(_, let name): "A machine called \(name) is being made"
            }
        }
    }

    /// What a piece of work holds: it shares what it reads, and shares nothing of what it changes.
    struct Claim {
        /// What others may read at the same time.
        var reading: Set<Thing> = []
        /// What nobody else may touch.
        var changing: Set<Thing> = []
    }

    private var readers: [Thing: Int] = [:]
    private var changing: Set<Thing> = []

    /// Takes all of a claim or nothing.
    ///
    /// - Throws: `conflict` where somebody has any of it.
    mutating func take(_ claim: Claim) throws {
        let taken =
            claim.changing.first { changing.contains($0) || readers[$0] != nil }
            ?? claim.reading.first { changing.contains($0) }
        if let taken { throw GatehouseError(.conflict, "\(taken.text); try again when that has ended.") }
        changing.formUnion(claim.changing)
        for thing in claim.reading { readers[thing, default: 0] += 1 }
    }

    /// Gives a claim back.
    mutating func free(_ claim: Claim) {
        changing.subtract(claim.changing)
        for thing in claim.reading {
            let left = (readers[thing] ?? 1) - 1
            readers[thing] = left > 0 ? left : nil
        }
    }
}
