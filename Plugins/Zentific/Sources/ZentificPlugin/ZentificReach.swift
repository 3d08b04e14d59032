// SPDX-License-Identifier: Apache-2.0

/// What a caller needs for a method.
package enum ZentificNeed: String, Sendable {
    case nothing = "nothing, not even a session"
    /// What he may not see is not in a list.
    case session = "a session"
    case oneself = "to be that user, or superuser"
    case seeMachine = "to see the machine"
    case runMachine = "admin of the machine"
    case giveMachine = "admin or owner of the machine, up to his own level"
    case seeNode = "to see the node, or a machine on it"
    case wholeNode = "to see the whole node"
    case adminNode = "admin of the node"
    case giveNode = "admin or owner of the node, up to his own level"
    case seeJob = "to have submitted the job, or to see its machine"
    case runJob = "to have submitted the job, or admin of its machine"
    case superUser = "superuser"
}

/// What methods stand on: the right of the caller, and the core's methods that do the work.
package struct ZentificReach: Sendable {
    /// What the caller needs.
    package let need: ZentificNeed
    /// The core methods that may be called; another one is refused before it is asked.
    package let calls: [String]
}

extension ZentificTable {
    /// What each method stands on, by its name.
    package static let reach: [String: ZentificReach] = Dictionary(
        rows.flatMap { row in
            row.names.split(separator: " ").map {
                (String($0), ZentificReach(need: row.need, calls: row.calls))
            }
        }
    ) { first, _ in first }

    private struct Reach {
        let need: ZentificNeed
        let names: String
        let calls: [String]

        init(_ need: ZentificNeed, _ names: String, calls: [String]) {
            self.need = need
            self.names = names
            self.calls = calls
        }
    }

    private static let rows = [
        Reach(.nothing, "system.listMethods system.methodHelp system.methodSignature Zentific.hello", calls: []),
        Reach(.nothing, "User.login", calls: ["session.login"]),
        Reach(.session, "Zentific.getConfig Zentific.getConfigPriv", calls: ["setting.get"]),
        Reach(.superUser, "Zentific.setconfig", calls: ["setting.set"]),
        Reach(.session, "Zentific.getFrontendPlugins Zentific.getAllPlugins", calls: ["plugin.list"]),
        Reach(.superUser, "Zentific.modifyPlugin", calls: ["plugin.show", "plugin.modify"]),
        Reach(.session, "User.logout", calls: ["session.logout"]),
        Reach(.session, "User.getUser Session.checkSession", calls: []),
        Reach(.oneself, "User.getUserByUID User.isSuperUser", calls: ["user.list"]),
        Reach(.oneself, "User.getUserByName User.isSuperUserByName", calls: ["user.show"]),
        Reach(.superUser, "User.getUsers User.getUsername User.isActive", calls: ["user.list"]),
        Reach(.superUser, "User.getUserUID User.isUser", calls: ["user.show"]),
        Reach(.superUser, "User.addUser", calls: ["user.create"]),
        Reach(.superUser, "User.removeUser", calls: ["user.list", "user.remove"]),
        Reach(.oneself, "User.setAttribute", calls: ["user.modify"]),
        Reach(.superUser, "User.setAttributeByUID", calls: ["user.list", "user.modify"]),
        Reach(.oneself, "User.setPassword", calls: ["user.setPassword"]),
        Reach(.superUser, "User.setPasswordByUID", calls: ["user.list", "user.setPassword"]),
        Reach(.oneself, "User.logoutByUID", calls: ["user.list", "session.list", "session.revoke"]),
        Reach(.session, "User.getAlerts", calls: ["alert.list"]),
        Reach(.superUser, "User.getAllAlerts", calls: ["alert.listAll"]),
        Reach(.superUser, "User.addGroup", calls: ["group.create"]),
        Reach(.superUser, "User.groupExists", calls: ["group.show"]),
        Reach(.superUser, "User.getGroupMembers", calls: ["group.show", "user.list"]),
        Reach(.superUser, "User.removeGroup", calls: ["group.remove"]),
        Reach(.superUser, "User.getGroups", calls: ["group.list"]),
        Reach(.superUser, "User.addToGroup", calls: ["user.list", "group.addMember"]),
        Reach(.superUser, "User.removeFromGroup", calls: ["user.list", "group.removeMember"]),
        Reach(.superUser, "User.renameGroup", calls: ["group.modify"]),
        Reach(.session, "VM.getVMs", calls: ["machine.list"]),
        Reach(.session, "VM.getVMsFull", calls: ["machine.list", "machine.show", "machine.stats", "node.list"]),
        Reach(.seeMachine, "VM.getVM", calls: ["machine.show", "machine.stats", "node.show"]),
        Reach(
            .seeMachine,
            """
            VM.getState VM.getConsoleLockUsername VM.getTextConsolePort VM.getGraphicalConsolePort
            """, calls: ["machine.list"]),
        Reach(
            .seeMachine,
            """
            VM.getVCPUs VM.getMemory VM.getMaxMemory VM.getType VM.getNumDisks VM.getNumNETIFs VM.getUptime \
            VM.getUptimeStr VM.getTimeStarted VM.getStateStr VM.getVMid VM.getOS VM.getVNCport VM.needsReboot \
            VM.getNotes VM.hasGraphicalConsole VM.hasTextConsole VM.getSupportedConsoles VM.getVmLockReason
            """, calls: ["machine.show"]),
        Reach(
            .seeMachine,
            """
            VM.getCPUtime VM.getCPUpct VM.getDisks VM.getNETIFs
            """, calls: ["machine.show", "machine.stats"]),
        Reach(.seeMachine, "VM.getCPUpctHist VM.getAvgCPUpct", calls: ["machine.list", "sample.range", "setting.get"]),
        Reach(.seeMachine, "VM.getVmParentNode VM.getVmParentAddress", calls: ["machine.list", "node.list"]),
        Reach(.runMachine, "VM.getVNCpass", calls: ["machine.list", "console.revealPassword"]),
        Reach(.runMachine, "VM.getLog", calls: ["machine.list", "machine.log"]),
        Reach(.runMachine, "VM.saveNotes", calls: ["machine.list", "machine.setNotes"]),
        Reach(
            .runMachine, "VM.saveConfig",
            calls: [
                "machine.show", "node.show", "network.list", "network.isMACInUse", "pool.list", "volume.list",
                "machine.modify", "machine.attachDisk", "machine.detachDisk", "machine.attachInterface",
                "machine.moveInterface", "machine.detachInterface",
            ]),
        Reach(
            .runMachine,
            """
            VM.start VM.pause VM.unpause VM.poweroff VM.shutdown VM.reboot
            """, calls: ["machine.list", "job.submit"]),
        Reach(
            .runMachine,
            """
            VM.connectTextConsole VM.connectGraphicalConsole
            """, calls: ["machine.list", "console.openPort"]),
        Reach(
            .runMachine,
            """
            VM.disconnectTextConsole VM.disconnectGraphicalConsole VM.disconnectConsole
            """, calls: ["machine.list", "console.disconnect"]),
        Reach(.runMachine, "VM.addNetworkInterface", calls: ["machine.list", "machine.attachInterface"]),
        Reach(
            .runMachine,
            """
            VM.removeNetworkInterface
            """, calls: ["machine.list", "machine.show", "machine.detachInterface"]),
        Reach(
            .runMachine,
            """
            Network.attachVifToBridge
            """, calls: ["machine.list", "machine.show", "machine.moveInterface"]),
        Reach(.session, "VM.getTemplates", calls: ["template.list"]),
        Reach(.seeNode, "VM.getTemplate", calls: ["template.list", "node.show"]),
        Reach(.seeMachine, "VM.getAllUsers", calls: ["machine.list", "privilege.holders"]),
        Reach(.seeMachine, "VM.getPrivilege", calls: ["machine.list", "privilege.holders", "user.list"]),
        Reach(.giveMachine, "VM.grantPrivilege VM.grantGroupPrivilege", calls: ["machine.list", "privilege.grant"]),
        Reach(
            .giveMachine,
            """
            VM.revokePrivilege VM.revokeGroupPrivilege
            """, calls: ["machine.list", "privilege.list", "privilege.revoke"]),
        Reach(.session, "Node.getNodes", calls: ["node.list"]),
        Reach(.seeNode, "Node.getNode Node.supportsHvm", calls: ["node.list", "node.show"]),
        Reach(.seeNode, "Node.getAllUsers", calls: ["node.list", "privilege.holders"]),
        Reach(.seeNode, "Node.getPrivilege", calls: ["node.list", "privilege.holders", "user.list"]),
        Reach(
            .superUser, "Node.enterMaintenanceMode Node.leaveMaintenanceMode", calls: ["node.list", "job.submit"]),
        Reach(.giveNode, "Node.grantPrivilege", calls: ["node.list", "privilege.grant"]),
        Reach(.giveNode, "Node.revokePrivilege", calls: ["node.list", "privilege.list", "privilege.revoke"]),
        Reach(.wholeNode, "Network.getBridges", calls: ["node.list", "network.list"]),
        Reach(.wholeNode, "Network.getBridge", calls: ["node.list", "network.show"]),
        Reach(.wholeNode, "Network.getNodeInterfaces", calls: ["node.list", "interface.list"]),
        Reach(.wholeNode, "Network.getNodeInterface", calls: ["node.list", "interface.show"]),
        Reach(
            .adminNode,
            """
            Network.createBridge
            """, calls: ["node.list", "network.create", "network.addVLAN", "network.remove"]),
        Reach(.adminNode, "Network.removeBridge", calls: ["node.list", "network.remove"]),
        Reach(.adminNode, "Network.addVlan", calls: ["node.list", "network.addVLAN"]),
        Reach(.adminNode, "Network.removeVlan", calls: ["node.list", "network.removeVLAN"]),
        Reach(.superUser, "Network.setDefaultBridge", calls: ["node.list", "network.setDefault"]),
        Reach(.seeNode, "Network.getDefaultBridge", calls: ["node.list", "network.default"]),
        Reach(.wholeNode, "Network.getVmsByBridge", calls: ["node.list", "network.machines"]),
        Reach(.session, "Network.isMacInUse", calls: ["network.isMACInUse"]),
        Reach(.session, "Network.generateMac", calls: ["network.generateMAC"]),
        Reach(.seeJob, "Scheduler.getJob", calls: ["job.get", "user.list", "node.list"]),
        Reach(.session, "Scheduler.getJobs", calls: ["job.list"]),
        Reach(.seeJob, "Scheduler.getJobStatus Scheduler.getJobsStatus", calls: ["job.get"]),
        Reach(.oneself, "Scheduler.getJobsByUID", calls: ["user.list", "job.list", "node.list"]),
        Reach(.seeMachine, "Scheduler.getJobsByUUID", calls: ["machine.list", "job.list", "user.list", "node.list"]),
        Reach(.runJob, "Scheduler.cancelJob", calls: ["job.get", "job.cancel"]),
        Reach(.wholeNode, "Storage.getLocations", calls: ["node.list", "pool.list"]),
        Reach(.wholeNode, "Storage.getObjects", calls: ["node.list", "pool.list", "volume.list"]),
        Reach(.wholeNode, "Storage.getLocation", calls: ["pool.show"]),
        Reach(.wholeNode, "Storage.getObject", calls: ["volume.show"]),
    ]
}
