// SPDX-License-Identifier: Apache-2.0

import Model

extension Threshold {
    /// The most minutes that something may have to last.
    package static let maximumMinutes = 1440

    /// Reads what was kept; what does not fit is as it is by itself.
    init(kind: AlertKind, kept: JSONValue?) {
        self = .standard(kind)
        if kind.isMeasured, let percent = kept?["percent"]?.intValue, (1...100).contains(percent) {
            self.percent = Int(percent)
        }
        if let minutes = kept?["minutes"]?.intValue, (0...Int64(Self.maximumMinutes)).contains(minutes) {
            self.minutes = Int(minutes)
        }
        if let flag = kept?["enabled"]?.boolValue { isEnabled = flag }
    }

    /// The way it is kept.
    var json: JSONValue {
        ["percent": .optional(percent), "minutes": .int(Int64(minutes)), "enabled": .bool(isEnabled)]
    }
}
