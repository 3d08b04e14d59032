# SPDX-License-Identifier: Apache-2.0
"""What each method of Zentific's API is called with, and what is expected of it.

In a case, `arguments`, `foreign`, `bad` and `unknown` are made from the world when the case is run.
"""
import dataclasses
import re
import typing
import xmlrpc.client

from harness.gateway import PASSWORD
from harness.libvirt import GUEST_ID, SPARE_ID
from harness.places import wait_until
from zentific import BASE_ID, NOT_IMPLEMENTED, NOWHERE, Client

NO_NUMBER = 999_999


@dataclasses.dataclass
class Case:
    """A call and what it must give."""

    # Of the world: the arguments of a good call, made by a superuser.
    arguments: typing.Callable
    # Of the world and the answer (a Fault, where there was one): whether it is right.
    result: typing.Callable
    # Of the world: argument lists that nobody may send, for their form.
    bad: typing.Callable = lambda world: []
    # Of the world: argument lists that name what is not there.
    unknown: typing.Callable = lambda world: []
    # Of the world: what a user without any right asks for; as `arguments` where it is left out.
    foreign: typing.Callable | None = None
    # What such a user gets in place of a fault.
    hidden: object = None
    # Whether such a user may ask for that.
    is_for_all: bool = False
    # Whether it takes no session to ask.
    is_open: bool = False
    # Who makes the good call, in place of the superuser.
    caller: str | None = None
    # Of the world: done before the good call; it may return what is done at the end.
    before: typing.Callable | None = None
    # Of the world and the answer: done after it.
    after: typing.Callable | None = None


def gives(value):
    return lambda world, result: result == value and type(result) is type(value)


def gives_fault(number):
    return lambda world, result: isinstance(result, xmlrpc.client.Fault) and result.faultCode == number


def is_a(kind, claim=lambda value: True):
    return lambda world, result: type(result) is kind and claim(result)


def matches(pattern):
    return is_a(str, lambda value: re.fullmatch(pattern, value) is not None)


def has(**members):
    return is_a(dict, lambda value: all(value.get(name) == member for name, member in members.items()))


UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TOO_MANY = lambda world: [["one too many"]]  # noqa: E731


def plain(result, **others):
    """A method without parameters that every user may call."""
    return Case(lambda world: [], result, bad=TOO_MANY, **{"is_for_all": True, **others})


def of_machine(result, machine=GUEST_ID, more=(), **others):
    """A method whose first parameter is a machine's UUID."""
    return Case(
        lambda world: [machine, *more], result, bad=lambda world: [[], ["nonsense", *more]],
        unknown=lambda world: [[NOWHERE, *more]], **others)


def of_node(result, more=(), **others):
    """A method whose first parameter is a node's UUID."""
    return Case(
        lambda world: [world.node, *more], result, bad=lambda world: [[], ["nonsense", *more]],
        unknown=lambda world: [[NOWHERE, *more]], **others)


def of_user(result, user="helper", **others):
    """A method for superusers whose parameter is a user's number."""
    return Case(
        lambda world: [world.uid[user]], result, bad=lambda world: [[], ["nonsense"]],
        unknown=lambda world: [[NO_NUMBER], [-1]], **others)


# What prepares and puts right.

def running(machine, method="VM.poweroff"):
    """The machine is started before, and off at the end."""
    def before(world):
        world.admin.do("VM.start", machine)
        return lambda: off(machine)(world, None)
    return before


def off(machine):
    def after(world, result):
        if isinstance(result, int):
            world.admin.wait_for(result)
        if world.admin.call("VM.getState", machine) != "s":
            world.admin.do("VM.poweroff", machine)
    return after


def ends_as(state, machine):
    """The answer is a job, and it leaves the machine so."""
    def after(world, result):
        world.admin.wait_for(result)
        wait_until(lambda: world.admin.call("VM.getState", machine) in state, f"the machine to be {state}", 60)
    return after


def paused(world):
    world.admin.do("VM.pause", GUEST_ID)


def unpaused(world):
    return lambda: world.admin.do("VM.unpause", GUEST_ID)


def rested(world, job):
    """The node is at rest by that job, and works again at the end."""
    world.admin.wait_for(job)
    if world.admin.call("VM.getState", GUEST_ID) != "s" or world.libvirt.state() != "shut off":
        raise AssertionError("the guest goes on running in maintenance")
    world.admin.do("Node.leaveMaintenanceMode", world.node)
    wait_until(lambda: world.libvirt.state() == "running", "the guest to go on", 60)


def in_maintenance(world):
    world.admin.do("Node.enterMaintenanceMode", world.node)


def new_user(world):
    world.admin.call("User.addUser", {"username": "fresh", "password": PASSWORD, "type": 5})
    world.uid["fresh"] = world.admin.call("User.getUserUID", "fresh")
    return lambda: remove_user(world, "fresh")


def remove_user(world, name):
    if world.admin.call("User.isUser", name):
        world.admin.call("User.removeUser", world.admin.call("User.getUserUID", name))


def new_group(world):
    world.admin.call("User.addGroup", "fresh")
    return lambda: world.admin.call("User.removeGroup", "fresh")


def member(world):
    world.admin.call("User.addToGroup", world.uid["helper"], "crew")
    return lambda: world.admin.call("User.removeFromGroup", world.uid["helper"], "crew")


def granted(namespace, thing):
    def before(world):
        arguments = [thing(world), world.uid["helper"], 3]
        world.admin.call(f"{namespace}.grantPrivilege", *arguments)
        return lambda: world.admin.call(f"{namespace}.revokePrivilege", *arguments)
    return before


def granted_group(world):
    world.admin.call("VM.grantGroupPrivilege", GUEST_ID, "crew", 4)
    return lambda: world.admin.call("VM.revokeGroupPrivilege", GUEST_ID, "crew", 4)


def held(method):
    """A console is taken before."""
    def before(world):
        world.admin.call(method, GUEST_ID)
        return lambda: world.admin.call("VM.disconnectConsole", GUEST_ID)
    return before


def freed(world):
    return lambda: world.admin.call("VM.disconnectConsole", GUEST_ID)


def new_interface(world):
    world.admin.call("VM.addNetworkInterface", SPARE_ID, {"bridge": "lab"})

    def undo():
        for vif in world.admin.call("VM.getNETIFs", SPARE_ID):
            world.admin.call("VM.removeNetworkInterface", SPARE_ID, vif["mac"])
    return undo


def no_interface(world):
    return lambda: [world.admin.call("VM.removeNetworkInterface", SPARE_ID, vif["mac"])
                    for vif in world.admin.call("VM.getNETIFs", SPARE_ID)]


def new_bridge(world):
    world.admin.call("Network.createBridge", {"node": world.node, "name": "fresh"})
    return lambda: no_bridge(world)


def no_bridge(world):
    if "fresh" in world.admin.call("Network.getBridges", world.node):
        world.admin.call("Network.removeBridge", world.node, "fresh")


def waiting_job(world):
    job = world.api.call(
        "job.submit", kind="machine.start", parameters={"machine": SPARE_ID}, notBefore="2100-01-01T00:00:00Z")
    world.waiting = job["job"]["id"]

    def undo():
        if world.admin.call("Scheduler.getJobStatus", world.waiting) < 4:
            world.admin.call("Scheduler.cancelJob", world.waiting)
    return undo


# The methods, in the order of the namespaces.

_SYSTEM = {
    "system.listMethods": plain(is_a(list, lambda names: "VM.getVMs" in names), is_open=True),
    "system.methodHelp": Case(
        lambda world: ["VM.getState"], is_a(str, bool), unknown=lambda world: [["No.such"]], is_open=True),
    "system.methodSignature": Case(
        lambda world: ["VM.getState"], is_a(list, lambda found: found[0] == ["string", "string"]),
        unknown=lambda world: [["No.such"]], is_open=True),
}

_ZENTIFIC = {
    "Zentific.hello": plain(gives(True), is_open=True),
    "Zentific.getConfig": Case(
        lambda world: ["session_timeout"], matches("[0-9]+"), unknown=lambda world: [["no_such_key"]],
        bad=lambda world: [[]], is_for_all=True),
    "Zentific.getConfigPriv": Case(
        lambda world: ["session_timeout"], is_a(int, lambda level: 0 <= level <= 6),
        unknown=lambda world: [["no_such_key"]], bad=lambda world: [[]], is_for_all=True),
    **{
        name: Case(
            lambda world: ["stat_retention", "30"], gives(True),
            bad=lambda world: [
                ["no_such_key", "1"], ["stat_retention", "many"], ["stat_retention", "-1"], ["stat_retention"]],
            after=lambda world, result: world.admin.call("Zentific.setconfig", "stat_retention", "25"))
        for name in ("Zentific.setconfig", "Zentific.setConfig")
    },
    "Zentific.getFrontendPlugins": plain(is_a(list, lambda names: names == ["overview"])),
    "Zentific.modifyPlugin": Case(
        lambda world: ["overview", 1, 0, 1, 0, 0], gives(True), bad=lambda world: [["overview", 1, 0, 2, 0, 0]],
        unknown=lambda world: [["no-such", 1, 0, 0, 0, 0]]),
    "Zentific.getAllPlugins": plain(
        is_a(list, lambda plugins: {"overview", "poller", "scheduler", "zentific"} == {p["name"] for p in plugins})),
}

_USER = {
    "User.login": Case(
        lambda world: ["helper", PASSWORD], gives(True), bad=lambda world: [["helper"], ["helper", []]], is_open=True,
        foreign=lambda world: ["nobody", PASSWORD],
        # The session is the user's now.
        after=lambda world, result: setattr(world, "admin", Client(world.origin, "admin"))),
    "User.logout": plain(gives(True), caller="helper", after=lambda world, result: None),
    "Session.checkSession": plain(gives(True)),
    "User.getUser": plain(has(username="admin", name="admin", type=0, active=1)),
    "User.getUserByUID": of_user(has(username="helper", type=5, active=1)),
    "User.getUserByName": Case(
        lambda world: ["helper"], has(username="helper"), unknown=lambda world: [["nobody"]], bad=lambda world: [[]]),
    "User.addUser": Case(
        lambda world: [{"username": "fresh", "password": PASSWORD, "type": 5, "email": "fresh@example.org"}],
        gives(True), bad=lambda world: [[], ["fresh"], [{}], [{"username": "fresh", "type": 9}]],
        after=lambda world, result: remove_user(world, "fresh")),
    "User.removeUser": Case(
        lambda world: [world.uid["fresh"]], gives(True), bad=lambda world: [[], ["nonsense"]],
        unknown=lambda world: [[NO_NUMBER]], foreign=lambda world: [world.uid["helper"]], before=new_user),
    "User.getUsers": plain(
        lambda world, result: set(world.uid.values()) >= set(result) >= {world.uid["admin"]}, is_for_all=False),
    "User.getUserUID": Case(
        lambda world: ["admin"], lambda world, result: result == world.uid["admin"], bad=lambda world: [[]],
        unknown=lambda world: [["nobody"]]),
    "User.getUsername": of_user(gives("helper")),
    "User.isActive": of_user(gives(True)),
    "User.isUser": Case(lambda world: ["helper"], gives(True), bad=lambda world: [[]]),
    "User.isSuperUser": of_user(gives(False)),
    "User.isSuperUserByName": Case(
        lambda world: ["helper"], gives(False), unknown=lambda world: [["nobody"]], bad=lambda world: [[]]),
    "User.setAttribute": Case(
        lambda world: ["language", "de_DE"], gives(True), bad=lambda world: [["no_such", "1"], ["email"]],
        foreign=lambda world: ["type", "0"]),
    "User.setAttributeByUID": Case(
        lambda world: [world.uid["helper"], "givenname", "Help"], gives(True),
        bad=lambda world: [[world.uid["helper"], "no_such", "1"]],
        unknown=lambda world: [[NO_NUMBER, "language", "de"]]),
    "User.setPassword": Case(
        lambda world: [PASSWORD, "another good password 8"], gives(True),
        bad=lambda world: [[PASSWORD], [PASSWORD, "x"]], hidden=False,
        foreign=lambda world: ["not the password", "another good password 8"], caller="fresh", before=new_user),
    "User.setPasswordByUID": Case(
        lambda world: [world.uid["helper"], PASSWORD], gives(True), bad=lambda world: [[world.uid["helper"], "x"]],
        unknown=lambda world: [[NO_NUMBER, PASSWORD]]),
    "User.logoutByUID": of_user(gives(True)),
    "User.addGroup": Case(
        lambda world: ["fresh"], gives(True), bad=lambda world: [[], [""]],
        after=lambda world, result: world.admin.call("User.removeGroup", "fresh")),
    "User.groupExists": Case(lambda world: ["crew"], gives(True), bad=lambda world: [[]]),
    "User.removeGroup": Case(
        lambda world: ["fresh"], gives(True), bad=lambda world: [[]], foreign=lambda world: ["crew"],
        before=lambda world: world.admin.call("User.addGroup", "fresh") and None),
    "User.getGroups": plain(gives(["crew"]), is_for_all=False),
    "User.getGroupMembers": Case(
        lambda world: ["crew"], lambda world, result: result == [world.uid["helper"]], before=member,
        bad=lambda world: [[]], unknown=lambda world: [["no such group"]]),
    "User.addToGroup": Case(
        lambda world: [world.uid["helper"], "crew"], gives(True), bad=lambda world: [[world.uid["helper"]]],
        unknown=lambda world: [[NO_NUMBER, "crew"], [world.uid["helper"], "no such group"]],
        after=lambda world, result: world.admin.call("User.removeFromGroup", world.uid["helper"], "crew")),
    "User.removeFromGroup": Case(
        lambda world: [world.uid["helper"], "crew"], gives(True), bad=lambda world: [[world.uid["helper"]]],
        unknown=lambda world: [[NO_NUMBER, "crew"], [world.uid["helper"], "no such group"]], before=member),
    "User.renameGroup": Case(
        lambda world: ["crew", "team"], gives(True), bad=lambda world: [["crew"], ["crew", ""]],
        unknown=lambda world: [["no such group", "team"]],
        after=lambda world, result: world.admin.call("User.renameGroup", "team", "crew")),
    "User.getAlerts": plain(is_a(list)),
    "User.getAllAlerts": plain(is_a(list), is_for_all=False),
}

_VALUES = {
    "VM.getVM": of_machine(has(uuid=GUEST_ID, name="demo", type="full", mem=131072, vcpus=1)),
    "VM.getVMid": of_machine(is_a(int, lambda number: number > 0)),
    "VM.getVmParentNode": of_machine(lambda world, result: result == world.node),
    "VM.getVmParentAddress": of_machine(matches(r"\S+")),
    "VM.getVCPUs": of_machine(gives(1)),
    # The guest's screen has no port: nobody but Gatehouse reaches it.
    "VM.getVNCport": of_machine(gives(-1)),
    "VM.getVNCpass": of_machine(gives("")),
    "VM.getCPUtime": of_machine(is_a(float, lambda seconds: seconds > 0)),
    "VM.getCPUpct": of_machine(is_a(float, lambda percent: percent >= 0)),
    "VM.getCPUpctHist": of_machine(is_a(list, lambda shares: all(type(share) is float for share in shares))),
    "VM.getAvgCPUpct": of_machine(is_a(float, lambda percent: percent >= 0)),
    "VM.getNETIFs": of_machine(gives([])),
    "VM.getNumNETIFs": of_machine(gives(0)),
    "VM.getDisks": of_machine(
        is_a(list, lambda disks: [disk["int_dev"] for disk in disks] == ["vda"]
             and disks[0]["ext_dev"].endswith("/images/base.qcow2")), BASE_ID),
    "VM.getNumDisks": of_machine(gives(1), BASE_ID),
    "VM.getMaxMemory": of_machine(gives(131072)),
    "VM.getMemory": of_machine(is_a(int, lambda kib: 0 < kib <= 131072)),
    "VM.getUptime": of_machine(is_a(int, lambda seconds: seconds >= 0)),
    "VM.getUptimeStr": of_machine(matches("([0-9]+ (day|hour|minute|second)s?(, )?)+")),
    "VM.getTimeStarted": of_machine(matches(r"2[0-9]{3}, [A-Z][a-z]+ [0-9]{1,2}, [0-9]{1,2}:[0-9]{2}[AP]M")),
    "VM.getState": of_machine(matches("[rb]")),
    "VM.getStateStr": of_machine(matches("running|blocked/idle")),
    "VM.getType": of_machine(gives("full")),
    "VM.getOS": of_machine(gives("")),
    "VM.getNotes": of_machine(gives("")),
    "VM.getLog": of_machine(
        is_a(list, lambda log: bool(log) and set(log[0]) == {"timestamp", "severity", "uid", "message"}), SPARE_ID),
    "VM.hasGraphicalConsole": of_machine(gives(True)),
    "VM.hasTextConsole": of_machine(gives(True)),
    "VM.getSupportedConsoles": of_machine(is_a(list, lambda types: sorted(types) == ["text", "vnc"])),
    "VM.needsReboot": of_machine(gives(False)),
    "VM.getVmLockReason": of_machine(gives("")),
}

_VM = {
    "VM.getVMs": plain(
        is_a(list, lambda found: {GUEST_ID, SPARE_ID, BASE_ID} <= set(found)), hidden=[], is_for_all=False),
    "VM.getVMsFull": plain(
        is_a(list, lambda found: {GUEST_ID, SPARE_ID, BASE_ID} <= {vm["uuid"] for vm in found}), hidden=[],
        is_for_all=False),
    **_VALUES,
    "VM.saveNotes": of_machine(
        gives(True), more=["In the cellar."],
        after=lambda world, result: world.admin.call("VM.saveNotes", GUEST_ID, "")),
    "VM.saveConfig": Case(
        lambda world: [{"uuid": SPARE_ID, "on_crash": "restart", "mem": 98304}], gives(True),
        bad=lambda world: [[], [{}], [{"uuid": SPARE_ID, "vcpus": 0}], [{"uuid": SPARE_ID, "mem": "much"}]],
        unknown=lambda world: [[{"uuid": NOWHERE, "on_crash": "restart"}]],
        after=lambda world, result: wait_until(
            lambda: (world.admin.call("VM.getVM", SPARE_ID)["on_crash"],
                     world.admin.call("VM.getMemory", SPARE_ID)) == ("restart", 98304),
            "what was saved to be told")),
    "VM.getAllUsers": of_machine(
        lambda world, result: result == [world.uid["helper"]], before=granted("VM", lambda world: GUEST_ID)),
    "VM.getPrivilege": Case(
        lambda world: [GUEST_ID, world.uid["stranger"]], gives(5), bad=lambda world: [[GUEST_ID], ["nonsense", 1]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"]], [GUEST_ID, NO_NUMBER]],
        foreign=lambda world: [GUEST_ID, world.uid["helper"]]),
    "VM.grantPrivilege": Case(
        lambda world: [GUEST_ID, world.uid["helper"], 3], gives(True),
        bad=lambda world: [[GUEST_ID, world.uid["helper"], 77], [GUEST_ID]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"], 3], [GUEST_ID, NO_NUMBER, 3]],
        after=lambda world, result: world.admin.call("VM.revokePrivilege", GUEST_ID, world.uid["helper"], 3)),
    "VM.revokePrivilege": Case(
        lambda world: [GUEST_ID, world.uid["helper"], 3], gives(True),
        bad=lambda world: [[GUEST_ID, world.uid["helper"], 77], [GUEST_ID]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"], 3], [GUEST_ID, NO_NUMBER, 3]],
        before=granted("VM", lambda world: GUEST_ID)),
    "VM.grantGroupPrivilege": Case(
        lambda world: [GUEST_ID, "crew", 4], gives(True), bad=lambda world: [[GUEST_ID, "crew", 77], [GUEST_ID]],
        unknown=lambda world: [[NOWHERE, "crew", 4], [GUEST_ID, "no such group", 4]],
        after=lambda world, result: world.admin.call("VM.revokeGroupPrivilege", GUEST_ID, "crew", 4)),
    "VM.revokeGroupPrivilege": Case(
        lambda world: [GUEST_ID, "crew", 4], gives(True), bad=lambda world: [[GUEST_ID, "crew", 77], [GUEST_ID]],
        unknown=lambda world: [[NOWHERE, "crew", 4], [GUEST_ID, "no such group", 4]], before=granted_group),
    "VM.getConsoleLockUsername": Case(
        lambda world: [GUEST_ID, "text"], gives("Self"), bad=lambda world: [[GUEST_ID, "radio"], [GUEST_ID]],
        unknown=lambda world: [[NOWHERE, "text"]], before=held("VM.connectTextConsole")),
    "VM.getTextConsolePort": of_machine(
        lambda world, result: result in world.ports, before=held("VM.connectTextConsole")),
    "VM.getGraphicalConsolePort": of_machine(
        lambda world, result: result in world.ports, before=held("VM.connectGraphicalConsole")),
    "VM.connectTextConsole": of_machine(lambda world, result: result in world.ports, before=freed),
    "VM.connectGraphicalConsole": of_machine(lambda world, result: result in world.ports, before=freed),
    "VM.disconnectTextConsole": of_machine(gives(True), before=held("VM.connectTextConsole")),
    "VM.disconnectGraphicalConsole": of_machine(gives(True), before=held("VM.connectGraphicalConsole")),
    "VM.disconnectConsole": of_machine(gives(True), more=["text"], before=held("VM.connectTextConsole")),
    "VM.start": of_machine(is_a(int), SPARE_ID, after=off(SPARE_ID)),
    "VM.pause": of_machine(is_a(int), before=unpaused, after=ends_as("p", GUEST_ID)),
    "VM.unpause": of_machine(is_a(int), before=paused, after=ends_as("rb", GUEST_ID)),
    "VM.poweroff": of_machine(is_a(int), SPARE_ID, before=running(SPARE_ID), after=ends_as("s", SPARE_ID)),
    "VM.shutdown": of_machine(is_a(int), SPARE_ID, before=running(SPARE_ID)),
    "VM.reboot": of_machine(is_a(int), SPARE_ID, before=running(SPARE_ID)),
    "VM.getTemplates": plain(
        is_a(list, lambda found: [one["name"] for one in found] == ["base-template"]), hidden=[], is_for_all=False),
    "VM.getTemplate": Case(
        lambda world: ["base-template"], has(name="base-template", state="s", vcpus=1), bad=lambda world: [[]],
        unknown=lambda world: [["no such template"]]),
    "VM.addNetworkInterface": of_machine(
        gives(True), SPARE_ID, more=[{"bridge": "lab", "type": "ioemu"}], before=no_interface),
    "VM.removeNetworkInterface": Case(
        lambda world: [SPARE_ID, "vif0"], gives(True), bad=lambda world: [[SPARE_ID]],
        unknown=lambda world: [[NOWHERE, "vif0"], [SPARE_ID, "vif7"]], before=new_interface),
}

_NODE = {
    "Node.getNodes": plain(lambda world, result: world.node in result, hidden=[], is_for_all=False),
    "Node.getNode": of_node(
        lambda world, result: result["uuid"] == world.node and result["platform"] == "QEMU" and result["hvm"] is True),
    "Node.supportsHvm": of_node(gives(True)),
    "Node.enterMaintenanceMode": of_node(is_a(int), after=rested),
    "Node.leaveMaintenanceMode": of_node(
        is_a(int), before=in_maintenance, after=lambda world, job: ends_as("rb", GUEST_ID)(world, job)),
    "Node.getAllUsers": of_node(
        lambda world, result: result == [world.uid["helper"]], before=granted("Node", lambda world: world.node)),
    "Node.getPrivilege": Case(
        lambda world: [world.node, world.uid["admin"]], gives(0), bad=lambda world: [[world.node]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"]], [world.node, NO_NUMBER]]),
    "Node.grantPrivilege": Case(
        lambda world: [world.node, world.uid["helper"], 3], gives(True),
        bad=lambda world: [[world.node, world.uid["helper"], 77]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"], 3], [world.node, NO_NUMBER, 3]],
        after=lambda world, result: world.admin.call("Node.revokePrivilege", world.node, world.uid["helper"], 3)),
    "Node.revokePrivilege": Case(
        lambda world: [world.node, world.uid["helper"], 3], gives(True),
        bad=lambda world: [[world.node, world.uid["helper"], 77]],
        unknown=lambda world: [[NOWHERE, world.uid["helper"], 3], [world.node, NO_NUMBER, 3]],
        before=granted("Node", lambda world: world.node)),
}

_SCHEDULER = {
    "Scheduler.getJob": Case(
        lambda world: [world.job], lambda world, result: result["id"] == world.job and result["status"] == 4
        and result["target_vm"] == SPARE_ID and result["uid"] == world.uid["admin"],
        bad=lambda world: [["nonsense"]], unknown=lambda world: [[NO_NUMBER], [-1]]),
    "Scheduler.getJobs": plain(
        lambda world, result: result == [world.waiting], hidden=[], is_for_all=False, before=waiting_job),
    "Scheduler.getJobStatus": Case(
        lambda world: [world.job], gives(4), bad=lambda world: [["nonsense"]], unknown=lambda world: [[NO_NUMBER]]),
    "Scheduler.getJobsStatus": Case(
        lambda world: [[world.job, world.job]], gives([4, 4]), bad=lambda world: [[["nonsense"]], [1]],
        unknown=lambda world: [[[world.job, NO_NUMBER]]]),
    "Scheduler.getJobsByUID": Case(
        lambda world: [world.uid["admin"]],
        lambda world, result: world.job in [job["id"] for job in result]
        and {job["uid"] for job in result} == {world.uid["admin"]},
        bad=lambda world: [["nonsense"]], unknown=lambda world: [[NO_NUMBER]]),
    "Scheduler.getJobsByUUID": of_machine(
        lambda world, result: world.job in [job["id"] for job in result], SPARE_ID),
    "Scheduler.cancelJob": Case(
        lambda world: [world.waiting], gives(True), bad=lambda world: [["nonsense"]],
        unknown=lambda world: [[NO_NUMBER]], foreign=lambda world: [world.job], before=waiting_job),
}

_NETWORK = {
    "Network.getBridges": of_node(is_a(list, lambda names: "lab" in names)),
    "Network.getBridge": Case(
        lambda world: [world.node, "lab"],
        lambda world, result: (result["name"], result["node"], result["vlans"]) == ("lab", world.node, []),
        bad=lambda world: [[world.node]], unknown=lambda world: [[NOWHERE, "lab"], [world.node, "no such"]]),
    "Network.getNodeInterfaces": of_node(is_a(list, lambda names: "lo" in names)),
    "Network.getNodeInterface": Case(
        lambda world: [world.node, "lo"],
        lambda world, result: (result["loopback"], result["ip"], result["nodeuuid"]) == (True, "127.0.0.1", world.node),
        bad=lambda world: [[world.node]], unknown=lambda world: [[NOWHERE, "lo"], [world.node, "no such"]]),
    "Network.createBridge": Case(
        lambda world: [{"node": world.node, "name": "fresh", "description": "New."}], gives(True),
        bad=lambda world: [[{"node": world.node, "name": ""}], [{"node": "nonsense", "name": "x"}], []],
        unknown=lambda world: [[{"node": NOWHERE, "name": "fresh"}]], after=lambda world, result: no_bridge(world)),
    "Network.removeBridge": Case(
        lambda world: [world.node, "fresh"], gives(True), bad=lambda world: [[world.node]],
        unknown=lambda world: [[NOWHERE, "lab"], [world.node, "no such"]], foreign=lambda world: [world.node, "lab"],
        before=new_bridge),
    # Only networks of Open vSwitch have VLANs, and none is here.
    **{
        name: Case(
            lambda world: [world.node, "lab", 7], gives_fault(NOT_IMPLEMENTED),
            bad=lambda world: [[world.node, "lab", 0], [world.node, "lab", 4095], [world.node, "lab"]],
            unknown=lambda world: [[NOWHERE, "lab", 7], [world.node, "no such", 7]])
        for name in ("Network.addVlan", "Network.removeVlan")
    },
    "Network.setDefaultBridge": Case(
        lambda world: [world.node, "lab"], gives(True), bad=lambda world: [[world.node]],
        unknown=lambda world: [[NOWHERE, "lab"], [world.node, "no such"]]),
    "Network.getDefaultBridge": of_node(
        gives("lab"), before=lambda world: world.admin.call("Network.setDefaultBridge", world.node, "lab") and None),
    "Network.getVmsByBridge": Case(
        lambda world: [world.node, "lab"], gives([SPARE_ID]), bad=lambda world: [[world.node]],
        unknown=lambda world: [[NOWHERE, "lab"], [world.node, "no such"]], before=new_interface),
    "Network.isMacInUse": Case(
        lambda world: ["52:54:00:00:00:01"], gives(False), bad=lambda world: [["nonsense"], []], is_for_all=True),
    "Network.generateMac": plain(matches("52:54:00(:[0-9a-f]{2}){3}")),
    "Network.attachVifToBridge": Case(
        lambda world: [SPARE_ID, "vif0", "lab"], gives(True), bad=lambda world: [[SPARE_ID, "vif0"]],
        unknown=lambda world: [[NOWHERE, "vif0", "lab"], [SPARE_ID, "vif7", "lab"], [SPARE_ID, "vif0", "no such"]],
        before=new_interface),
}

_STORAGE = {
    "Storage.getLocations": Case(
        lambda world: [world.node, "file"],
        lambda world, result: result == [
            {"id": world.pool, "title": "images", "hasObjects": True, "allowNewObjects": True}],
        bad=lambda world: [[world.node], ["nonsense", "file"]], unknown=lambda world: [[NOWHERE, "file"]]),
    "Storage.getObjects": Case(
        lambda world: [world.node, "file", world.pool],
        is_a(list, lambda found: {"base.qcow2", "base-template-vda.qcow2"} == {one["name"] for one in found}),
        bad=lambda world: [[world.node, "file"], [world.node, "file", "nonsense"]],
        unknown=lambda world: [[NOWHERE, "file", world.pool], [world.node, "file", NO_NUMBER]]),
    "Storage.getLocation": Case(
        lambda world: [world.pool], has(title="images"), bad=lambda world: [["nonsense"]],
        unknown=lambda world: [[NO_NUMBER], [-1]]),
    "Storage.getObject": Case(
        lambda world: [world.volume], lambda world, result: result["location"] == world.pool and result["size"] == 16,
        bad=lambda world: [["nonsense"]], unknown=lambda world: [[NO_NUMBER], [-1]]),
}

CASES = {**_SYSTEM, **_ZENTIFIC, **_USER, **_VM, **_NODE, **_SCHEDULER, **_NETWORK, **_STORAGE}
