# SPDX-License-Identifier: Apache-2.0
"""A private libvirtd with the demo guest, through the scripts that the demo uses."""
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness.places import BUILD_DEMO, DEMO, wait_until

GUEST = "demo"
GUEST_ID = "6761746e-0000-4000-8000-000000000001"
SPARE = "spare"
SPARE_ID = "6761746e-0000-4000-8000-000000000002"


class Libvirt:
    """One libvirtd; `start` defines both guests and boots the first."""

    # Those that run, so that the end of the tests is theirs too.
    running = []

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gh-lv-"))
        self.uri = None

    def start(self):
        Libvirt.running.append(self)
        guest = BUILD_DEMO / "guest"
        self._script("build-guest.sh", guest)
        self.uri = self._script("libvirt-up.sh", self.directory, BUILD_DEMO / "cache").strip()
        self.define(GUEST, GUEST_ID)
        self.define(SPARE, SPARE_ID)
        self.virsh("start", GUEST)

    def define(self, name, identifier):
        """Defines a guest that is like the others."""
        self._script("define-guest.sh", self.uri, name, identifier, BUILD_DEMO / "guest")

    def stop(self):
        """Ends it and its guests, and removes what it kept."""
        if self in Libvirt.running:
            Libvirt.running.remove(self)
        self._script("libvirt-down.sh", self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def virsh(self, *arguments):
        command = ["virsh", "-q", "-c", self.uri, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def state(self, name=GUEST):
        return self.virsh("domstate", name).strip()

    def screenshot(self, name=GUEST):
        """The guest's screen as libvirt sees it, as the bytes of a PNG."""
        path = self.directory / "screen"
        self.virsh("screenshot", name, "--file", path)
        return path.read_bytes()

    def boots(self, name=GUEST):
        """The number of the running instance; it changes with every start, not with a reboot."""
        found = re.search(r"\d+", self.virsh("domid", name))
        return int(found.group()) if found else None

    def wait_for_state(self, state, name=GUEST, seconds=30):
        wait_until(lambda: self.state(name) == state, f"{name} to be '{state}'", seconds)

    @staticmethod
    def _script(name, *arguments):
        done = subprocess.run(
            [str(DEMO / name), *map(str, arguments)], capture_output=True, text=True, timeout=300,
            stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{name} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout
