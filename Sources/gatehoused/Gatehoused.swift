// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import HostSystem
import Logging
import Model

/// The daemon: a console gateway and management appliance for libvirt hosts.
@main
struct Gatehoused: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehoused",
        abstract: "A console gateway and management appliance for libvirt hosts.",
        discussion: """
            Without --config the defaults hold. Files in conf.d beside it, *.yaml in the order of their names, are read
            over it. SIGTERM and SIGINT stop it gracefully.
            Exit status: 0 stopped as asked, 1 failed, 64 wrong use, 78 wrong configuration.
            """,
        version: Version.text)

    @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "FILE"))
    var config: String?

    @Flag(name: .long, help: "Run for a service manager: nodes whose machines would end with the daemon are refused.")
    var service = false

    @Flag(name: .long, help: "Print the effective configuration with comments, and exit.")
    var printConfig = false

    @Flag(name: .long, help: "Check the configuration, and exit.")
    var check = false

    func run() async throws {
        let configuration = try readConfiguration()
        if printConfig {
            StandardStream.output.write(configuration.printed())
            return
        }
        if check {
            StandardStream.output.write("The configuration is right.\n")
            return
        }
        // A peer that went away is an error of one write, never the end of the daemon.
        SignalPolicy.ignoreBrokenPipes()
        var log = StandardLog(label: "gatehouse", showsTime: StandardStream.error.isTerminal)
        log.journal = Journal.behindStandardError(stream: OwnEnvironment.take("JOURNAL_STREAM"))
        log.logLevel = configuration.logLevel
        let logger = Logger(label: "gatehouse") { [log] _ in log }
        do {
            let handover = try Handover.take()
            try await Daemon(
                configuration: configuration, configurationFile: config, handover: handover, logger: logger
            ).run()
        } catch {
            logger.critical("stopped by an error", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }

    private func readConfiguration() throws -> Configuration {
        guard let config else { return .default }
        do {
            return try Configuration.load(path: config, isService: service)
        } catch let error as GatehouseError {
            StandardStream.error.write("gatehoused: \(error.message)\n")
            throw ExitCode(78)
        }
    }
}
