// SPDX-License-Identifier: Apache-2.0

import Core
import CoreAPI
import HostSystem
import Logging
import Model

/// Makes the superuser that the configuration asks for, while there is no user at all.
struct FirstUserMaking: Sendable {
    private static let mostBytes = 4096

    let user: FirstUser
    let api: CoreAPI
    let logger: Logger

    /// Makes it, or tells the log why not; the daemon goes on either way, for there is the set-up link.
    func run() async {
        let principal = Principal(identity: .local(name: "firstUser"), address: "local")
        do {
            guard api.core.access.table.users.isEmpty else { return }
            let parameters: [String: JSONValue] = [
                "name": .string(user.name), "password": .string(try Self.password(user.passwordFile)),
                "level": .string(AccessLevel.superUser.word),
            ]
            _ = try await api.call("user.create", parameters, principal: principal)
            logger.notice("the first user was made", metadata: ["name": "\(user.name)"])
        } catch {
            logger.error(
                "the first user was not made; mend firstUser and restart, or run `gatehouse setup-link`",
                metadata: ["error": "\((error as? GatehouseError)?.message ?? "\(error)")"])
        }
    }

    /// The first line of a file that is closed to others.
    static func password(_ path: String) throws -> String {
        let text: String
        do {
            let file = try OpenDescriptor.file(at: path)
            let status = try file.status()
            guard status.kind == .file else {
                throw GatehouseError(.storageFailed, "\(path) is not a file. Name the file with the password.")
            }
            guard status.mode & 0o007 == 0 else {
                throw GatehouseError(
                    .forbidden,
                    "Every user of this host may use \(path). Close it with chmod o= and choose another password.")
            }
            guard case .bytes(let bytes) = file.read(most: mostBytes),
                let valid = String(validating: bytes, as: UTF8.self)
            else { throw GatehouseError(.invalidParameters, "\(path) holds no text. Write the password into it.") }
            text = valid
        } catch let failure as SystemFailure {
            throw GatehouseError(
                .storageFailed, "\(path) can not be read (\(failure)). Make it readable for Gatehouse's user.")
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }
}
