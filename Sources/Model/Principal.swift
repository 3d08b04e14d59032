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
        /// A plugin that acts for itself, within what it was granted.
        case plugin(PluginIdentity)
        /// A job, under the rights that its submitter has now.
        case work(WorkIdentity)
    }

    /// How the caller became known.
    package let identity: Identity
    /// The user, as it was when the call began; nil for anonymous and local callers.
    package let user: User?
    /// The client's address; `local` on the daemon's own socket.
    package let address: String
    /// What the client calls itself, at most 200 characters.
    package let userAgent: String
    /// The plugin that the client came in by, whose kind of session it may have; nil for Gatehouse's own callers.
    package let plugin: String?

    /// Makes a principal.
    package init(
        identity: Identity, user: User? = nil, address: String, userAgent: String = "", plugin: String? = nil
    ) {
        self.identity = identity
        self.user = user
        self.address = address
        self.plugin = plugin
        self.userAgent = String(userAgent.prefix(200))
    }

    /// The session, where there is one.
    package var session: Session? {
        if case .session(let session) = identity { session } else { nil }
    }

    /// Whether this is a plugin that acts for itself.
    package var isPlugin: Bool {
        if case .plugin = identity { true } else { false }
    }

    /// The job that acts, where one does.
    package var job: JobID? {
        if case .work(let work) = identity { JobID(work.job) } else { nil }
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
        case .plugin(let plugin): "\(plugin.name) (plugin)"
        case .work(let work): work.name
        }
    }
}

/// A plugin that acts for itself.
package struct PluginIdentity: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// What it was granted: core methods such as `machine.list`, `machine.*`, topics such as `event.machine.*`.
    package let permissions: [String]

    /// Makes an identity.
    package init(name: String, permissions: [String]) {
        self.name = name
        self.permissions = permissions
    }

    /// Whether it may call that method, or hear that topic with `event.` in front.
    package func may(_ name: String) -> Bool {
        permissions.contains { permission in
            permission == "*" || permission == name
                || (permission.hasSuffix(".*") && name.hasPrefix(permission.dropLast()))
        }
    }
}

/// A job that acts for its submitter.
package struct WorkIdentity: Sendable, Equatable {
    /// The job's number.
    package let job: Int64
    /// Who submitted it; nil for an administrator on the machine itself.
    package let user: UserID?
    /// The submitter's name, for the audit log.
    package let name: String
    /// The number under which the job was handed out; nothing is done under an older one.
    package let fence: Int64
    /// The plugin, where it submitted the job for itself and so is held to what it was granted.
    package let plugin: PluginIdentity?

    /// Makes an identity.
    package init(job: Int64, user: UserID?, name: String, fence: Int64 = 0, plugin: PluginIdentity? = nil) {
        self.job = job
        self.user = user
        self.name = name
        self.fence = fence
        self.plugin = plugin
    }
}
