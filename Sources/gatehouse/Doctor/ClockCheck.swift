// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Whether the clock can be right, as far as that can be told without asking anybody.
struct ClockCheck: Sendable {
    /// Years in which this program can be in use.
    static let years = 2025...2100
    /// How far the time of a file may be ahead, in seconds.
    static let tolerance = 300.0
    private static let mend = "Have the clock set by the network: timedatectl set-ntp true."

    private let directory: String
    private let now: Date

    init(_ configuration: DaemonConfiguration, now: Date = .now) {
        directory = configuration.dataDirectory
        self.now = now
    }

    func lines() -> [DoctorLine] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let year = calendar.component(.year, from: now)
        guard Self.years.contains(year) else {
            return [.wrong("clock", "It says that this is the year \(year).", mend: Self.mend)]
        }
        if let newest, newest.time.timeIntervalSince(now) > Self.tolerance {
            let ahead = Int(newest.time.timeIntervalSince(now) / 60)
            return [
                .wrong(
                    "clock", "\(newest.path) was written \(ahead) min after now: the clock was set back, or is wrong.",
                    mend: Self.mend)
            ]
        }
        return [.ok("clock", "\(now.formatted(.iso8601)) can be true.")]
    }

    /// The file that was written last, of those that are written often and of this program.
    private var newest: (path: String, time: Date)? {
        let names = ["gatehouse.sqlite", "gatehouse.sqlite-wal", "gatehouse.lock", "tls/certificate.pem"]
        let paths = names.map { "\(directory)/\($0)" } + ["/proc/self/exe", "/var/lib/dpkg/status"]
        return paths.compactMap { path -> (path: String, time: Date)? in
            let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            let found = try? FileManager.default.attributesOfItem(atPath: real)[.modificationDate] as? Date
            return found.map { (real, $0) }
        }.max { $0.time < $1.time }
    }
}
