// SPDX-License-Identifier: Apache-2.0

/// Who acts, and from where.
package struct Principal: Sendable, Equatable {
    /// How the caller became known.
    package enum Identity: Sendable, Equatable {
        /// Nobody has logged in.
        case anonymous
        /// A user, in a session.
        case session(Session)
        /// An administrator on the machine itself, over the daemon's own socket.
        case local(name: String)
    }

    /// How the caller became known.
    package let identity: Identity
    /// The user, as it was when the call began; nil for anonymous and local callers.
    package let user: User?
    /// The client's address; `local` on the daemon's own socket.
    package let address: String
    /// What the client calls itself, at most 200 characters.
    package let userAgent: String

    /// Makes a principal.
    package init(identity: Identity, user: User? = nil, address: String, userAgent: String = "") {
        self.identity = identity
        self.user = user
        self.address = address
        self.userAgent = String(userAgent.prefix(200))
    }

    /// The session, where there is one.
    package var session: Session? {
        if case .session(let session) = identity { session } else { nil }
    }

    /// Whether this is an administrator on the machine itself.
    package var isLocal: Bool {
        if case .local = identity { true } else { false }
    }

    /// The name for the audit log; nil for an anonymous caller.
    package var name: String? {
        switch identity {
        case .anonymous: nil
        case .session: user?.name
        case .local(let name): "\(name) (local)"
        }
    }
}
