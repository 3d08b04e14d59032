// SPDX-License-Identifier: Apache-2.0

import Model
import PluginProtocol

extension PluginCheck {
    /// What it answers to versions of the contract that it can not know.
    func checkHandshake(_ subject: CheckSubject, _ sheet: CheckSheet) async {
        let ours = subject.manifest.offeredVersions
        guard let highest = ours.max() else {
            return sheet.add(
                "the handshake",
                .failed(
                    "its manifest speaks versions \(subject.manifest.contract.from) to \(subject.manifest.contract.to) "
                        + "of the contract, none of which this Gatehouse knows"))
        }
        await sheet.check("offered the versions \(highest) and \(Self.unknownVersion), it chooses \(highest)") {
            try await subject.withProcess { process in
                let answer = try await subject.initialize(process, offering: ours + [Self.unknownVersion]).get()
                guard answer.contractVersion == highest else {
                    throw GatehouseError(.unsupported, "it chose \(answer.contractVersion)")
                }
                return ""
            }
        }
        await sheet.check("offered the version \(Self.unknownVersion) alone, it refuses") {
            try await subject.withProcess { process in
                switch try await subject.initialize(process, offering: [Self.unknownVersion]) {
                case .success(let answer):
                    throw GatehouseError(
                        .unsupported,
                        "it accepted, with version \(answer.contractVersion); answer an error with code -32602")
                case .failure(let error): return error.message
                }
            }
        }
    }

    /// Whether it ends when nobody speaks to it any more.
    func checkEndOfInput(_ subject: CheckSubject, _ sheet: CheckSheet) async {
        guard let highest = subject.manifest.offeredVersions.max() else { return }
        await sheet.check("it ends when its input ends") {
            try await subject.withProcess { process in
                _ = try await subject.initialize(process, offering: [highest]).get()
                process.connection.closeInput()
                guard await process.gone.wait(atMost: subject.grace) else {
                    throw GatehouseError(
                        .timeout, "it still runs after \(subject.grace); end when standard input is at its end")
                }
                return ""
            }
        }
    }
}
