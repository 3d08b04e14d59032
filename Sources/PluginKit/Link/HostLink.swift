// SPDX-License-Identifier: Apache-2.0

/// The way to the host and back.
package protocol HostLink: Sendable {
    /// Where what arrives is best worked on; nil for anywhere.
    var tasks: (any TaskExecutor)? { get }
    /// Hands over what arrives, in pieces of any size, one after the other and never at the same time; then nil once.
    ///
    /// Called once. Does not wait.
    func listen(_ take: @escaping @Sendable ([UInt8]?) -> Void)
    /// Sends lines, one after the other with none between. Does not wait.
    func send(_ lines: [[UInt8]])
    /// Waits until everything is sent, or can not be.
    func flush() async
}

extension HostLink {
    /// Anywhere.
    package var tasks: (any TaskExecutor)? { nil }
}
