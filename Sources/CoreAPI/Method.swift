// SPDX-License-Identifier: Apache-2.0

import Core
package import Model
import Synchronization

/// What a caller needs to call a method.
package enum Right: String, Sendable {
    /// Nothing.
    case anonymous
    /// To be logged in, or local.
    case user
    /// To be superuser, or local.
    case superUser
    /// To be an administrator on the machine itself.
    case local
    /// To be allowed to see the machine that is named.
    case view
    /// To be admin or better on the machine that is named.
    case operate
    /// To own the machine that is named, or to be superuser.
    case own
}

/// A method of the core API: an entry of the one table that the web page, the command line and plugins share.
package struct Method: Sendable {
    /// The work of a method.
    package typealias Handler = @Sendable (Call) async throws -> JSONValue

    /// Its name, `noun.verb`.
    package let name: String
    /// What it does, in a sentence.
    package let summary: String
    /// What the caller needs.
    package let right: Right
    /// What it takes.
    package let parameters: [Parameter]
    /// What it returns, in words.
    package let result: String
    /// Whether it changes something, and so is written to the audit log.
    package let isChange: Bool
    /// Whether calling it shows that a person is there, and so keeps a session awake.
    package let isActivity: Bool
    /// Whether calling it twice is the same as calling it once, so that a job may do it again after an interruption.
    package let isRepeatable: Bool
    let handler: Handler

    init(
        _ name: String, _ summary: String, right: Right, parameters: [Parameter] = [], result: String,
        isChange: Bool = false, isActivity: Bool = true, isRepeatable: Bool? = nil, handler: @escaping Handler
    ) {
        self.name = name
        self.summary = summary
        self.right = right
        self.parameters = parameters
        self.result = result
        self.isChange = isChange
        self.isActivity = isActivity
        self.isRepeatable = isRepeatable ?? !isChange
        self.handler = handler
    }
}

/// One call of a method, checked and ready to be carried out.
package struct Call: Sendable {
    /// The core.
    let core: CoreServices
    /// Who calls.
    let principal: Principal
    /// With what.
    let arguments: Arguments
    /// The machine that is named, for methods with the right `view`, `operate` or `own`.
    let named: MachineEntry?
    /// What the call does to the caller's own session.
    let effects: SessionEffects

    /// The machine that is named.
    ///
    /// - Throws: `notFound`, which only a method that names no machine could meet.
    func machine() throws -> MachineEntry {
        guard let named else { throw GatehouseError.machineNotFound }
        return named
    }
}

/// What calls have done to the caller's own session, for the edge that keeps the cookie.
package final class SessionEffects: Sendable {
    /// What happened.
    package enum Effect: Sendable {
        /// A session began; the secret belongs into the cookie.
        case began(token: String, session: Session)
        /// The session is over; the cookie is to be forgotten.
        case ended
        /// A legacy client has shown who he is.
        case became(Principal)
        /// Work was handed out, to be done under these rights.
        case work(Principal)
    }

    private let effect = Mutex<Effect?>(nil)

    /// Makes an empty record.
    package init() {}

    /// The last thing that happened.
    package var last: Effect? { effect.withLock { $0 } }

    func note(_ effect: Effect) { self.effect.withLock { $0 = effect } }
}
