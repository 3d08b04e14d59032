// SPDX-License-Identifier: Apache-2.0

package import Model

/// What the plugin's row of the table can set.
package struct SchedulerSettings: Sendable, Equatable {
    /// Jobs that are carried out at a time.
    package var concurrency = 4
    /// How often it asks for a job where no event tells of one.
    package var period: Duration = .seconds(5)
    /// How long a shutdown of a machine waits until the guest is off; zero: until the guest was asked.
    package var wait: Duration = .zero
    /// How long running jobs may go on after the plugin was told to end.
    package var grace: Duration = .seconds(4)

    /// The settings that hold by themselves.
    package init() {}

    /// Reads a configuration; what is missing or wrong holds as it does by itself.
    package init(_ configuration: JSONValue) {
        if let value = configuration["concurrency"]?.intValue, (1...64).contains(value) { concurrency = Int(value) }
        if let value = configuration["pollSeconds"]?.intValue, (1...300).contains(value) { period = .seconds(value) }
        if let value = configuration["waitSeconds"]?.intValue, (0...3600).contains(value) { wait = .seconds(value) }
        if let value = configuration["graceSeconds"]?.intValue, (0...60).contains(value) { grace = .seconds(value) }
    }
}
