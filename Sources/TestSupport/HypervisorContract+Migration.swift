// SPDX-License-Identifier: Apache-2.0

import Core
import Model

extension HypervisorContract {
    /// A node of another kind takes no machine, and neither does the machine's own.
    func verifyMoving() async throws {
        let (hypervisor, subject) = (hypervisor, subject)
        for other in [StaticHypervisor(name: "list", machines: []), hypervisor] as [any Hypervisor] {
            await expect(.unsupported) { try await hypervisor.migrate(subject, to: other) { _ in } }
        }
    }
}
