# SPDX-License-Identifier: Apache-2.0
"""The demo: that it starts, that one signal ends it, and that it leaves nothing behind."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness.gateway import Client, free_port
from harness.places import COMMAND, DEMO, ROOT, wait_until


def processes_of(directory):
    """The processes whose command lines name a directory, without those that have ended."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(directory) in words:
            found.append(words.strip())
    return found


def is_qemu(pid):
    try:
        return b"qemu-system" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Demo(unittest.TestCase):
    """The script behind `make run`."""

    def setUp(self):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="gh-demo-"))
        self.addCleanup(shutil.rmtree, self.state, ignore_errors=True)
        self.port = free_port()
        self.output = self.state / "output.txt"

    def start(self, **environment):
        variables = {**os.environ, "STATE": str(self.state), "PORT": str(self.port), **environment}
        with self.output.open("wb") as output:
            demo = subprocess.Popen(
                [str(DEMO / "run")], env=variables, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True)
        self.addCleanup(self.kill, demo)
        client = Client(f"https://127.0.0.1:{self.port}")

        def answers():
            if demo.poll() is not None:
                self.fail(f"the demo ended with {demo.returncode}:\n{self.output.read_text()[-2000:]}")
            try:
                return client.call("setup.status")["needed"]
            except OSError:
                return False

        # Long enough for a build that somebody else has begun.
        wait_until(answers, "the demo to answer", 240)
        return demo

    def kill(self, demo):
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()
            subprocess.run([str(DEMO / "libvirt-down.sh"), str(self.state / "libvirt")], check=False)

    def second_command_of_the_readme(self):
        """What the command prints with which the README goes on after `make run`."""
        command = re.search(r"(?m)^\.build/debug/gatehouse .*$", (ROOT / "README.md").read_text()).group()
        words = command.replace(" run/", f" {self.state}/").split()
        return subprocess.run([str(COMMAND), *words[1:]], check=True, capture_output=True, text=True).stdout

    def end(self, demo, number):
        """Signals the whole group, as a terminal does."""
        os.killpg(demo.pid, number)
        demo.wait(timeout=30)
        wait_until(lambda: processes_of(self.state) == [], "nothing of the demo to run")

    def test_one_signal_ends_the_daemon_the_guests_and_their_libvirtd(self):
        demo = self.start()
        running = " ".join(processes_of(self.state))
        for program in ("gatehoused", "libvirtd"):
            self.assertRegex(running, program)
        guests = [int(path.read_text()) for path in self.state.glob("libvirt/run/**/qemu/**/*.pid")]
        guests = [pid for pid in guests if is_qemu(pid)]
        self.assertEqual(len(guests), 1, "one of the two guests runs")
        self.assertRegex(self.output.read_text(), rf"demo: https://127\.0\.0\.1:{self.port} ")
        self.assertRegex(self.second_command_of_the_readme(), r"(?m)^demo +demo +running .*\n(.*\n)*^spare +demo +off ")
        self.end(demo, signal.SIGINT)
        self.assertFalse(is_qemu(guests[0]), "the guest still runs")
        self.assertTrue(re.search(r"^demo: ended$", self.output.read_text(), re.MULTILINE))

    def test_without_guests_there_is_no_libvirtd(self):
        demo = self.start(DEMO="0")
        self.assertNotRegex(" ".join(processes_of(self.state)), "libvirtd|qemu-system")
        self.end(demo, signal.SIGTERM)
