// SPDX-License-Identifier: Apache-2.0

import Model

/// One call of several that make a machine what a client wants.
struct SaveStep {
    /// How something that was taken away is put back.
    struct Undo: Sendable {
        /// The core's method.
        var method: String
        /// Its parameters, but for the machine.
        var parameters: [String: JSONValue]
    }

    /// What to say when it is done, as in "attached vda".
    let words: String
    /// The core's method.
    let method: String
    /// Its parameters, but for the machine.
    let parameters: [String: JSONValue]
    /// How it is undone where what should come in its place can not.
    var undo: Undo?
    /// The disk that was taken away for it.
    var replaces: String?

    /// Makes a step.
    init(_ words: String, _ method: String, _ parameters: [String: JSONValue]) {
        self.words = words
        self.method = method
        self.parameters = parameters
    }
}

extension ZentificCall {
    /// Takes steps one after the other.
    ///
    /// - Throws: what the first one that fails throws, telling which ones were done before it and stay; a disk that
    ///   was taken away for another one is put back.
    func carryOut(_ steps: [SaveStep], on machine: JSONValue) async throws {
        var done: [String] = []
        var undone: [(target: String, undo: SaveStep.Undo)] = []
        for step in steps {
            do {
                _ = try await core(step.method, step.parameters.merging(["machine": machine]) { $1 })
            } catch {
                var words = done.filter { word in !undone.contains { word == "detached \($0.target)" } }
                for (target, undo) in undone.reversed() {
                    let isBack = await putBack(undo, on: machine)
                    words.append(isBack ? "put \(target) back" : "detached \(target), which could not be put back")
                }
                guard let error = error as? GatehouseError else { throw error }
                throw Self.error(error, after: words)
            }
            done.append(step.words)
            if let undo = step.undo, let target = step.parameters["target"]?.stringValue {
                undone.append((target, undo))
            }
            if let replaced = step.replaces { undone.removeAll { $0.target == replaced } }
        }
    }

    /// Puts something back, also where the client's call was given up meanwhile.
    private func putBack(_ undo: SaveStep.Undo, on machine: JSONValue) async -> Bool {
        await Task {
            (try? await core(undo.method, undo.parameters.merging(["machine": machine]) { $1 })) != nil
        }.value
    }

    private static func error(_ error: GatehouseError, after done: [String]) -> GatehouseError {
        let before = done.isEmpty ? "Nothing was changed." : "Done before that: \(done.joined(separator: "; "))."
        var details = error.details
        if details["parameter"] != nil { details["parameter"] = "vm" }
        return GatehouseError(error.code, "\(error.message) \(before)", details: details, cause: error.cause)
    }
}
