// SPDX-License-Identifier: Apache-2.0

import Model

/// What alerts say to people.
enum AlertText {
    static func message(_ condition: AlertCondition, name: String, threshold: Threshold) -> String {
        let who = condition.subject.machine == nil ? "Node \(name)" : "Machine \(name)"
        let percent = threshold.percent.map { "\($0) %" } ?? "much"
        let time = threshold.minutes == 1 ? "for a minute" : "for \(threshold.minutes) minutes"
        return switch condition.kind {
        case .cpu: "\(who) has used at least \(percent) of its processors \(time)."
        case .memory: "\(who) has used at least \(percent) of its memory \(time)."
        case .disk: "\(who): the fullest storage has been full to at least \(percent) \(time)."
        case .unreachable: "\(who) can not be reached."
        case .crashed: "\(who) has crashed."
        }
    }
}
