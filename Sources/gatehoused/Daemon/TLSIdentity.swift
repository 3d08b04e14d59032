// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import NIOSSL
import ServiceLifecycle

struct TLSIdentity {
    let context: @Sendable () -> NIOSSLContext?
    init?(_ configuration: Configuration, logger: Logger) throws {
        guard configuration.listen.tls == .off else { throw GatehouseError(.unsupported, "Only tls: off works yet.") }
        return nil
    }
}
struct CertificateRenewal: Service {
    let identity: TLSIdentity
    let logger: Logger
    func run() async throws {}
}
