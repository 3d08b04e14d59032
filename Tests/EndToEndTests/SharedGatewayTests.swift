// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

/// The suites that share one daemon; one test at a time, each with machines of its own.
@Suite(
    .sharedGateway(GatewaySettings(limits: ["consoleTicketSeconds": 5, "batchSize": 5, "requestBytes": 65_536])),
    .sharedLog, .serialized)
struct SharedGatewayTests {}
