# SPDX-License-Identifier: Apache-2.0
"""A client of Zentific's time, and a place for it to work in: machines of QEMU, a network, a pool, users."""
import contextlib
import shutil
import xmlrpc.client

from harness.gateway import PASSWORD, Gateway, free_port
from harness.libvirt import GUEST_ID, SPARE_ID, Libvirt
from harness.places import wait_until

BASE_ID = "6761746e-0000-4000-8000-000000000003"
# Well formed, and nobody's.
NOWHERE = "00000000-0000-4000-8000-00000000dead"
PLUGINS = ("overview", "poller", "scheduler", "zentific")
NOT_AUTHORIZED, INVALID_SESSION, INVALID_PARAMETER, CONSOLE_LOCKED = 1, 2, 6, 9
NOT_AUTHENTICATED, NOT_IMPLEMENTED = 18, 97


class Transport(xmlrpc.client.Transport):
    """Keeps the cookie, as clients had to do by themselves."""

    def __init__(self):
        super().__init__()
        self.cookie = None

    def send_headers(self, connection, headers):
        super().send_headers(connection, headers + ([("Cookie", self.cookie)] if self.cookie else []))

    def parse_response(self, response):
        given = response.getheader("Set-Cookie")
        if given:
            self.cookie = given.split(";")[0]
        return super().parse_response(response)


class Client:
    """A session of its own; `call` takes a method's whole name."""

    def __init__(self, origin, name=None, password=PASSWORD):
        self.server = xmlrpc.client.ServerProxy(f"{origin}/", transport=Transport())
        if name is not None and self.call("User.login", name, password) is not True:
            raise AssertionError(f"{name} can not log in")

    def call(self, method, *arguments):
        return getattr(self.server, method)(*arguments)

    def fault(self, method, *arguments):
        """The number of the fault that the call ends with, or None where it succeeds."""
        try:
            self.call(method, *arguments)
        except xmlrpc.client.Fault as fault:
            return fault.faultCode
        return None

    def wait_for(self, job, status=4):
        """Waits until a job has ended so."""
        def has_ended():
            seen = self.call("Scheduler.getJobStatus", job)
            if seen in (4, 5, 6, 9) and seen != status:
                raise AssertionError(f"job {job} ended with {seen}: {self.call('Scheduler.getJob', job)}")
            return seen == status

        wait_until(has_ended, f"job {job} to end", 120)

    def do(self, method, machine):
        """Has a machine start, pause and so on, and waits until that is done."""
        self.wait_for(self.call(method, machine))


class World:
    """A daemon, a libvirtd with three guests (one runs, one has a disk), a network, a pool, and users."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        try:
            self._build()
        except BaseException:
            self.stack.close()
            raise

    def _build(self):
        self.libvirt = Libvirt()
        self.stack.callback(self.libvirt.stop)
        self.libvirt.start()
        self._define_storage()
        self.port = free_port()
        self.gateway = Gateway(
            {"demo": self.libvirt.uri, "test": "test:///default"}, tls="off",
            plugins=[self._row(name) for name in PLUGINS])
        self.stack.callback(shutil.rmtree, self.gateway.directory, ignore_errors=True)
        self.stack.callback(self.gateway.stop)
        self.gateway.start()
        self.gateway.add_user("admin", "--superuser")
        self.api = self.gateway.client("admin")
        wait_until(self._is_up, "the plugins and the machines", 60)
        self.origin = f"http://127.0.0.1:{self.port}"
        wait_until(self._answers, "Zentific's port", 30)
        self.admin = Client(self.origin, "admin")
        self._make_things()

    def _row(self, name):
        row = {"name": name, "permissions": "asked"}
        if name == "zentific":
            row["listeners"] = [{"address": "127.0.0.1", "port": self.port, "tls": False}]
        return row

    def _define_storage(self):
        folder = self.libvirt.directory / "images"
        folder.mkdir()
        virsh = self.libvirt.virsh
        virsh("pool-define-as", "images", "dir", "--target", folder)
        virsh("pool-start", "images")
        virsh("vol-create-as", "images", "base.qcow2", "16M", "--format", "qcow2")
        self.libvirt.define("base", BASE_ID)
        virsh("attach-disk", "base", folder / "base.qcow2", "vda", "--subdriver", "qcow2", "--config")

    def _is_up(self):
        states = {one["name"]: one["state"] for one in self.api.call("plugin.list")["plugins"]}
        names = {one["name"] for one in self.api.call("machine.list")["machines"]}
        return all(states.get(name) == "healthy" for name in PLUGINS) and {"demo", "spare", "base"} <= names

    def _answers(self):
        try:
            return Client(self.origin).call("Zentific.hello") is True
        except OSError:
            return False

    def _make_things(self):
        call = self.admin.call
        for name in ("stranger", "helper"):
            call("User.addUser", {"username": name, "password": PASSWORD, "type": 5, "active": 1})
        self.uid = {name: call("User.getUserUID", name) for name in ("admin", "stranger", "helper")}
        self.node = call("VM.getVmParentNode", GUEST_ID)
        call("User.addGroup", "crew")
        call("Network.createBridge", {"node": self.node, "name": "lab", "description": "For tests."})
        self.api.call("template.create", machine=BASE_ID, name="base-template")
        self.pool = call("Storage.getLocations", self.node, "file")[0]["id"]
        self.volume = call("Storage.getObjects", self.node, "file", self.pool)[0]["id"]
        first = free_port()
        call("Zentific.setconfig", "console_port_range", f"{first}-{first + 20}")
        self.ports = range(first, first + 21)
        self.stranger = Client(self.origin, "stranger")
        self.job = call("VM.start", SPARE_ID)
        self.admin.wait_for(self.job)
        self.admin.do("VM.poweroff", SPARE_ID)

    def close(self):
        self.stack.close()
