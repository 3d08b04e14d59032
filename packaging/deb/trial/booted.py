# SPDX-License-Identifier: Apache-2.0
"""What only a booted systemd shows: its own units, watchdog, journal and socket, an upgrade while clients come."""
import json
import re
import threading
import time

from client import Client
from container import CannotBoot


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Booted:
    """The steps in a container that systemd runs; `trial` counts them."""

    def __init__(self, trial):
        self.trial = trial
        self.container = trial.container
        self.client = Client()

    def run(self):
        self.start_afresh()
        try:
            self.container.boot()
        except CannotBoot as reason:
            self.trial.skip("a booted systemd runs it", reason)
            return
        step = self.trial.step
        step("a booted systemd starts it when it is installed", self.install)
        step("the test that the package brings for autopkgtest passes", self.smoke)
        step("its rights are as small as the unit says, and plugins have their sandbox", self.rights)
        step("the journal has what a line is about in fields", self.journal)
        step("it comes back when it is killed, and nothing of it is left", self.killed)
        step("the watchdog brings it back when it hangs", self.hanging)
        step("an upgrade turns nobody away", self.upgrade)
        step("removal stops it, and purge leaves no unit", self.remove)

    def start_afresh(self):
        """Takes away what was left on purpose before, answers to questions too."""
        self.container.apt("purge", "gatehouse", expected=None)
        self.container.run("debconf-communicate", "gatehouse", text="PURGE\n")
        self.container.run(
            "rm", "-rf", "/var/lib/gatehouse", "/etc/gatehouse", "/etc/systemd/system/gatehouse.socket.d")

    # How it does

    def shown(self, name):
        return self.container.run("systemctl", "show", "gatehouse.service", "--value", "--property", name).strip()

    def tail(self):
        return self.container.run("journalctl", "--no-pager", "-u", "gatehouse", "-n", "30", expected=None)

    def eventually(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            check(time.monotonic() < end, f"{what}; its log:\n{self.tail()}")
            time.sleep(0.2)

    def is_active(self):
        return self.shown("ActiveState") == "active"

    def is_another(self, before):
        return self.is_active() and self.shown("MainPID") not in ("0", before)

    def processes(self):
        path = self.container.path("/sys/fs/cgroup/system.slice/gatehouse.service/cgroup.procs")
        return path.read_text().split() if path.exists() else []

    # The steps

    def install(self):
        self.container.apt("install", self.trial.inside)
        self.eventually(self.is_active, "the service does not run")
        states = self.container.run("systemctl", "is-active", "gatehouse.socket", "gatehouse.service").split()
        check(states == ["active", "active"], f"socket and service are {states}")
        check("Serving at" in self.shown("StatusText"), f"its status is {self.shown('StatusText')!r}")

    def smoke(self):
        self.container.write("/root/smoke", (self.trial.tests / "smoke").read_text(), 0o755)
        check("all is well" in self.container.run("/root/smoke"), "the smoke test did not come to its end")

    def rights(self):
        status = self.container.path(f"/proc/{self.shown('MainPID')}/status").read_text()
        for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            check(line in status, f"{line!r} is not in its status: {status}")
        said = json.loads(self.container.run("gatehouse", "doctor", "--json", expected=None).splitlines()[0])
        sandbox = [one["outcome"] for one in said["findings"] if one["subject"] == "sandbox"]
        check(sandbox == ["ok"], f"the sandbox is {said}")

    def journal(self):
        lines = self.container.run("journalctl", "-u", "gatehouse", "-o", "json", "--no-pager").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        ready = [one for one in entries if str(one.get("MESSAGE", "")).startswith("ready ")]
        check(ready and ready[-1].get("GATEHOUSE_ADDRESS"), f"no field of the line `ready`: {ready[-1:]}")
        check(ready[-1].get("PRIORITY") == "6", f"its priority is {ready[-1].get('PRIORITY')}")

    def killed(self):
        before, processes = self.shown("MainPID"), set(self.processes())
        check(len(processes) > 3, f"there are no plugins: {processes}")
        self.container.run("kill", "-KILL", before)
        self.eventually(lambda: self.is_another(before), "it does not come back")
        check(not processes & set(self.processes()), "processes of the one that was killed are left")
        self.container.run("gatehouse", "status")

    def hanging(self):
        self.container.write("/etc/systemd/system/gatehouse.service.d/trial.conf", "[Service]\nWatchdogSec=6\n")
        self.container.run("systemctl", "daemon-reload")
        self.container.run("systemctl", "restart", "gatehouse.service")
        self.eventually(self.is_active, "it does not start with a drop-in")
        before = self.shown("MainPID")
        # It must live longer than its watchdog's time when all is well.
        time.sleep(8)
        check(self.shown("MainPID") == before, f"the watchdog ended what was well; its log:\n{self.tail()}")
        self.container.run("kill", "-STOP", before)
        self.eventually(lambda: self.is_another(before), "the watchdog does not bring it back")
        self.container.run("rm", "-r", "/etc/systemd/system/gatehouse.service.d")
        self.container.run("systemctl", "daemon-reload")

    def upgrade(self):
        outcomes, is_over = [], threading.Event()

        def ask():
            while not is_over.is_set():
                try:
                    outcomes.append(Client().request("GET", "/healthz")[0])
                except ConnectionRefusedError:
                    outcomes.append("refused")
                except OSError as problem:
                    # The daemon that ends may close what it had just taken.
                    outcomes.append(type(problem).__name__)
                time.sleep(0.05)

        caller = threading.Thread(target=ask)
        caller.start()
        before = self.shown("MainPID")
        try:
            self.container.apt("install", self.trial.raised("999-2"))
            self.eventually(lambda: self.is_another(before), "it is not renewed")
            time.sleep(1)
        finally:
            is_over.set()
            caller.join(30)
        others = [one for one in outcomes if one != 200]
        check(len(outcomes) > 20 and "refused" not in others and len(others) <= 2, f"of {len(outcomes)}: {others}")

    def remove(self):
        self.container.apt("purge", "gatehouse")
        check(self.processes() == [], "processes are left")
        left = self.container.run("systemctl", "list-unit-files", "gatehouse*", "--no-legend", expected=None)
        check(not re.search("gatehouse", left), f"units are left: {left}")
