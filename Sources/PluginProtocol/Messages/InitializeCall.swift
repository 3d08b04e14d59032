// SPDX-License-Identifier: Apache-2.0

package import Model

extension PluginPart: Codable {}

/// The first call: what the host speaks, and what the plugin is to know.
package struct InitializeCall: ContractCall {
    /// The method's name.
    package static let method = "initialize"

    /// What a side takes in.
    package struct Limits: Codable, Sendable, Equatable {
        /// The longest line, in bytes.
        package var lineBytes: Int
        /// The longest message in chunks, in bytes.
        package var messageBytes: Int

        /// Those limits.
        package init(_ limits: MessageLimits) {
            lineBytes = limits.lineBytes
            messageBytes = limits.messageBytes
        }
    }

    /// The versions of the contract that the host speaks.
    package var contractVersions: [Int]
    /// The version of Gatehouse.
    package var hostVersion: String
    /// The plugin's name in the table.
    package var plugin: String
    /// `config` of its row, with the manifest's defaults.
    package var configuration: [String: JSONValue]
    /// The parts that are on.
    package var parts: [PluginPart]
    /// The folder that the plugin may write in.
    package var dataDirectory: String
    /// What the host takes in.
    package var limits: Limits

    /// Makes a call.
    package init(
        contractVersions: [Int] = ContractVersion.supported, hostVersion: String, plugin: String,
        configuration: [String: JSONValue], parts: [PluginPart], dataDirectory: String,
        limits: MessageLimits = .contract
    ) {
        self.contractVersions = contractVersions
        self.hostVersion = hostVersion
        self.plugin = plugin
        self.configuration = configuration
        self.parts = parts
        self.dataDirectory = dataDirectory
        self.limits = Limits(limits)
    }

    /// What the plugin answers.
    package struct Answer: ContractObject {
        /// The version that it chose: the highest that both sides speak.
        package var contractVersion: Int
        /// The plugin's name for itself.
        package var name: String
        /// The plugin's version.
        package var version: String

        /// Makes an answer.
        package init(contractVersion: Int, name: String, version: String) {
            self.contractVersion = contractVersion
            self.name = name
            self.version = version
        }
    }

    /// The version to speak.
    ///
    /// - Throws: `invalidParameters` where the two sides have none in common.
    package func commonVersion() throws -> Int {
        if let version = ContractVersion.highest(common: contractVersions) { return version }
        let theirs = contractVersions.map(String.init).joined(separator: ", ")
        let ours = ContractVersion.supported.map(String.init).joined(separator: ", ")
        throw GatehouseError.invalidParameter(
            "contractVersions",
            "The host speaks the contract in version \(theirs), this plugin in \(ours); update the older of the two.")
    }
}
