// SPDX-License-Identifier: Apache-2.0

/// The methods of the published document, and the three that only its texts name.
enum PublishedMethods {
    private static let names: [String: String] = [
        "Zentific": """
        hello getConfig getConfigPriv setconfig getFrontendPlugins modifyPlugin getAllPlugins
        """,
        "User": """
        getUser getUserByUID getUserByName addUser removeUser getUsers getUserUID getUsername isActive \
        isUser isSuperUser isSuperUserByName setAttribute setAttributeByUID setPassword setPasswordByUID \
        login logout logoutByUID addGroup groupExists removeGroup getGroups getGroupMembers addToGroup \
        removeFromGroup renameGroup getAlerts getAllAlerts
        """,
        "VM": """
        getVMs getVMsFull getVM getVMid getAllUsers getPrivilege grantPrivilege grantGroupPrivilege \
        revokePrivilege revokeGroupPrivilege getVmParentNode getVmParentAddress getConsoleLockUsername \
        getGraphicalConsolePort getTextConsolePort connectTextConsole connectGraphicalConsole \
        disconnectTextConsole disconnectGraphicalConsole getVCPUs getVNCport getCPUtime getNETIFs \
        getNumNETIFs getDisks getNumDisks getMaxMemory getMemory getUptime getState getType getOS getVNCpass \
        getCPUpct getCPUpctHist getAvgCPUpct getUptimeStr getTimeStarted getStateStr saveConfig pause \
        unpause start getNotes saveNotes getLog hasGraphicalConsole hasTextConsole getSupportedConsoles \
        needsReboot getTemplates getTemplate addNetworkInterface removeNetworkInterface disconnectConsole \
        getVmLockReason
        """,
        "Node": """
        getNodes getNode getAllUsers getPrivilege grantPrivilege revokePrivilege enterMaintenanceMode \
        supportsHvm
        """,
        "Scheduler": """
        getJob getJobs getJobStatus getJobsStatus getJobsByUID getJobsByUUID
        """,
        "Network": """
        getBridges getBridge getNodeInterface getNodeInterfaces createBridge removeBridge addVlan removeVlan \
        setDefaultBridge getDefaultBridge getVmsByBridge isMacInUse generateMac attachVifToBridge
        """,
        "Storage": """
        getLocations getObjects getLocation getObject
        """,
    ]

    /// Namespace and name of each.
    static let all = Set(
        names.flatMap { namespace, methods in methods.split(separator: " ").map { "\(namespace).\($0)" } })

    /// Those that later servers and others have, and this document has not.
    static let additions: Set = [
        "Zentific.setConfig", "VM.poweroff", "VM.shutdown", "VM.reboot", "Node.leaveMaintenanceMode",
        "Scheduler.cancelJob", "Session.checkSession",
        "system.listMethods", "system.methodHelp", "system.methodSignature",
    ]
}
