// SPDX-License-Identifier: Apache-2.0

import Model

/// A machine as people write it: by its UUID, or by its name where only one has it.
struct MachineName {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The machine's address for the daemon; asks it only where a name was given.
    func address(_ daemon: Daemon) async throws -> JSONValue {
        if MachineAddress(text) != nil { return .string(text) }
        let machines = try await daemon.call("machine.list")["machines"]?.arrayValue ?? []
        return .string(try address(among: machines))
    }

    /// The address of the one machine that the text stands for: by its name, or by `name@node`.
    func address(among machines: [JSONValue]) throws -> String {
        let found = machines.filter { machine in
            guard let name = machine["name"]?.stringValue else { return false }
            return name == text || machine["node"]?.stringValue.map { "\(name)@\($0)" } == text
        }
        guard let first = found.first?["id"]?.stringValue else {
            throw Failure(.notFound, "There is no machine of that name: \(text)")
        }
        guard found.count == 1 else {
            let candidates = found.map { "\(Cell.text($0["id"])) on \(Cell.text($0["node"]))" }
            throw Failure(
                .usage,
                "\(found.count) machines are called \(text); name one by its UUID: \(candidates.joined(separator: ", "))"
            )
        }
        return first
    }
}
