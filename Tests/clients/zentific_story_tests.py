# SPDX-License-Identifier: Apache-2.0
"""A day's work with Zentific's API, as an administrator and his users did it, with a VNC viewer of their own."""
import io
import pathlib
import subprocess
import sys
import unittest

from PIL import Image, ImageChops

from harness.gateway import PASSWORD
from harness.libvirt import GUEST_ID
from harness.places import OUTPUT, wait_until
from zentific import BASE_ID, CONSOLE_LOCKED, NOT_AUTHORIZED, Client, World

# A job's status.
FAILED = 6
# How many pixels a cursor may have, and a few more.
CURSOR = 200
# Where the line ends in which the firmware names the guest's UUID.
UUID_LINE_END = 32
VNCDO = pathlib.Path(sys.executable).parent / "vncdo"


def differing(first, second):
    """How many pixels of two pictures differ by more than a quarter, without the line where a guest's UUID is."""
    if first.size != second.size:
        return first.width * first.height
    below = (0, UUID_LINE_END, *first.size)
    distance = ImageChops.difference(first.convert("L").crop(below), second.convert("L").crop(below))
    return sum(distance.histogram()[65:])


class Story(unittest.TestCase):
    """One user's machine, from its making to its end."""

    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.close)

    def test_a_machine_is_made_used_over_vnc_and_removed_and_nothing_is_left(self):
        world, admin = self.world, Client(self.world.origin, "admin")
        before = self.everything()
        self.add_people(admin)
        machine = self.make_machine()
        admin.call("VM.grantGroupPrivilege", machine, "desk", 3)
        clerk, passer = Client(world.origin, "clerk"), Client(world.origin, "passer")
        self.assertEqual(clerk.call("VM.getVMs"), [machine])
        clerk.do("VM.start", machine)
        self.assertIn(clerk.call("VM.getState", machine), "rb")
        self.use_screen(clerk, passer, machine)
        self.maintain(admin, clerk, machine)
        clerk.do("VM.poweroff", machine)
        self.remove(admin, machine)
        self.assertEqual(clerk.fault("VM.getVMs"), 2)
        self.assertEqual(self.everything(), before)
        self.assertIn(GUEST_ID, admin.call("VM.getVMs"))

    def add_people(self, admin):
        for name in ("clerk", "passer"):
            self.assertTrue(admin.call("User.addUser", {"username": name, "password": PASSWORD, "type": 5}))
        self.assertTrue(admin.call("User.addGroup", "desk"))
        self.assertTrue(admin.call("User.addToGroup", admin.call("User.getUserUID", "clerk"), "desk"))

    def make_machine(self):
        """Zentific's document has no method that makes a machine: the administrator does it in Gatehouse's own API."""
        template = next(one["id"] for one in self.world.api.call("template.list")["templates"]
                        if one["name"] == "base-template")
        job = self.world.api.call(
            "job.submit", kind="machine.create", parameters={"template": template, "name": "story", "linked": True})
        self.world.admin.wait_for(job["job"]["id"])
        return next(vm["uuid"] for vm in self.world.admin.call("VM.getVMsFull") if vm["name"] == "story")

    def use_screen(self, clerk, passer, machine):
        self.assertEqual(passer.fault("VM.connectGraphicalConsole", machine), NOT_AUTHORIZED)
        port = clerk.call("VM.connectGraphicalConsole", machine)
        self.assertEqual(clerk.call("VM.getGraphicalConsolePort", machine), port)
        self.world.admin.call(
            "VM.grantPrivilege", machine, self.world.admin.call("User.getUserUID", "passer"), 3)
        self.assertEqual(passer.fault("VM.connectGraphicalConsole", machine), CONSOLE_LOCKED)
        self.look(port)
        wait_until(lambda: clerk.call("VM.getGraphicalConsolePort", machine) == 0, "the console to be free again")
        # Once more, and given back without having been used.
        again = clerk.call("VM.connectGraphicalConsole", machine)
        self.assertEqual(clerk.call("VM.getConsoleLockUsername", machine, "vnc"), "Self")
        self.assertTrue(clerk.call("VM.disconnectGraphicalConsole", machine))
        self.assertEqual(clerk.call("VM.getConsoleLockUsername", machine, "vnc"), "")
        with self.assertRaises(subprocess.CalledProcessError):
            self.vncdo(again, "capture", OUTPUT / "never.png")

    def look(self, port):
        """Types into the guest, and sees it answer."""
        # The other guest is the same, and waits for somebody to type.
        wait_until(
            lambda: differing(self.screen("story"), self.screen("demo")) <= CURSOR, "the guest to be up", 120, step=1)
        OUTPUT.mkdir(exist_ok=True)
        before, after = OUTPUT / "story-before.png", OUTPUT / "story.png"
        self.vncdo(port, "capture", before, "type", "uname", "key", "enter", "pause", "3", "capture", after)
        with Image.open(before) as first, Image.open(after) as second:
            self.assertLessEqual(differing(first, self.screen("demo")), CURSOR, "the picture is the guest's")
            self.assertGreater(differing(first, second), CURSOR, "what was typed is seen")

    def screen(self, name):
        """A guest's screen as libvirt sees it."""
        return Image.open(io.BytesIO(self.world.libvirt.screenshot(name)))

    def maintain(self, admin, clerk, machine):
        """The node is brought to rest, and its machines go on where they were."""
        screen = self.screen("story")
        self.assertEqual(clerk.fault("Node.enterMaintenanceMode", self.world.node), NOT_AUTHORIZED)
        admin.do("Node.enterMaintenanceMode", self.world.node)
        self.assertEqual(self.world.libvirt.virsh("list", "--name").split(), [])
        refused = clerk.call("VM.start", machine)
        clerk.wait_for(refused, FAILED)
        self.assertIn("maintenance", clerk.call("Scheduler.getJob", refused)["output_string"])
        admin.do("Node.leaveMaintenanceMode", self.world.node)
        wait_until(lambda: clerk.call("VM.getState", machine) in "rb", "the machine to go on", 60)
        self.assertLessEqual(differing(self.screen("story"), screen), CURSOR, "the guest goes on where it was")

    @staticmethod
    def vncdo(port, *arguments):
        subprocess.run(
            [str(VNCDO), "--server", f"127.0.0.1::{port}", "--timeout", "60", *map(str, arguments)], check=True,
            capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL)

    def remove(self, admin, machine):
        self.world.api.call("machine.delete", machine=machine, volumes=True)
        for name in ("clerk", "passer"):
            self.assertTrue(admin.call("User.removeUser", admin.call("User.getUserUID", name)))
        self.assertTrue(admin.call("User.removeGroup", "desk"))

    def everything(self):
        """What there is, as libvirt and Gatehouse tell it."""
        world, api = self.world, self.world.api
        return {
            "guests": world.libvirt.virsh("list", "--all", "--name").split(),
            "running": world.libvirt.virsh("list", "--name").split(),
            "volumes": world.libvirt.virsh("vol-list", "images").split(),
            "machines": sorted(world.admin.call("VM.getVMs")),
            "users": world.admin.call("User.getUsers"), "groups": world.admin.call("User.getGroups"),
            "consoles": api.call("console.list")["consoles"], "jobs": world.admin.call("Scheduler.getJobs"),
            "rights": [world.admin.call("VM.getAllUsers", each) for each in (GUEST_ID, BASE_ID)],
        }
