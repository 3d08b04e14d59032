// SPDX-License-Identifier: Apache-2.0

/// The letters for what a machine does.
enum VMState {
    /// The letter; empty where its node can not be asked.
    static func letter(_ state: String) -> String {
        switch state {
        case "running": "r"
        case "suspended": "b"
        case "paused": "p"
        case "off", "saved": "s"
        case "shutdown": "d"
        case "crashed": "c"
        default: ""
        }
    }

    /// Whether a machine in that state uses anything.
    static func isActive(_ state: String) -> Bool { "rbpd".contains(letter(state)) && !letter(state).isEmpty }
}
