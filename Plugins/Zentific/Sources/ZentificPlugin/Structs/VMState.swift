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

    /// The words; empty where its node can not be asked.
    static func words(_ state: String) -> String {
        switch letter(state) {
        case "r": "running"
        case "b": "blocked/idle"
        case "p": "paused"
        case "s": "shutdown"
        case "d": "dying"
        case "c": "crashed"
        default: ""
        }
    }

    /// Whether a machine in that state uses anything.
    static func isActive(_ state: String) -> Bool { "rbpd".contains(letter(state)) && !letter(state).isEmpty }
}
