# SPDX-License-Identifier: Apache-2.0
"""Jobs and alerts as they are watched."""
import re
import time

from playwright.sync_api import expect

from harness.case import BrowserCase
from harness.libvirt import SPARE_ID
from harness.places import FIXTURES, wait_until


def row_of(page, job):
    return page.locator(f'.jobs-table tr[data-key="{job}"]')


class SlowJobs(BrowserCase):
    """Jobs that take some seconds, carried out by a plugin in Python."""

    plugins = [{"name": "scheduler", "enabled": False}]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.stage(FIXTURES / "slow-jobs")
        cls.admin.call("plugin.reload")
        asked = cls.admin.plugin("slow-jobs")["asked"]
        cls.admin.call("plugin.modify", name="slow-jobs", enabled=True, permissions=asked)

    def submit(self, kind="system.status", **terms):
        return self.admin.call("job.submit", kind=kind, **terms)["job"]["id"]

    def status(self, job):
        return self.admin.call("job.get", job=job)["job"]["status"]

    def test_progress_is_live_and_the_end_too(self):
        page = self.signed_in("admin", "/jobs")
        expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
        job = self.submit()
        row = row_of(page, job)
        expect(row).to_contain_text("Starting")
        bar = row.get_by_role("progressbar")
        seen = set()

        def has_moved():
            if bar.is_visible():
                seen.add(bar.get_attribute("value"))
            return len(seen) >= 4

        wait_until(has_moved, "the bar to move", 15, step=0.05)
        self.screenshot(page, "jobs")
        expect(row).to_contain_text("Done")
        expect(row.get_by_role("button", name=f"Cancel job {job}")).to_be_hidden()

        row.get_by_role("link", name="system.status").click()
        expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text('"steps": 20')
        expect(page.get_by_role("table", name="Events").get_by_role("row")).not_to_have_count(1)

    def test_a_running_job_is_cancelled_by_keyboard(self):
        page = self.signed_in("admin", "/jobs")
        job = self.submit("node.list")
        row = row_of(page, job)
        # Which of the steps the page shows is up to how busy the host is.
        expect(row).to_contain_text(re.compile(r"step \d+ of 400"))
        row.get_by_role("button", name=f"Cancel job {job}").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(row).to_contain_text("Cancelled")
        self.assertEqual(self.status(job), "cancelled")

    def test_a_waiting_job_is_cancelled_and_the_filter_follows(self):
        page = self.signed_in("admin", "/jobs")
        job = self.submit(notBefore="2999-01-01T00:00:00Z")
        row = row_of(page, job)
        expect(row).to_contain_text("Waits for its time")
        page.get_by_label("Which jobs").select_option("active")
        expect(row).to_be_visible()
        page.wait_for_url(re.compile(r"show=active"))
        row.get_by_role("button", name=f"Cancel job {job}").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
        expect(row).to_have_count(0)
        self.assertEqual(self.status(job), "cancelled")

    def test_with_the_scheduler_off_the_page_says_so(self):
        page = self.signed_in("admin", "/jobs")
        banner = page.get_by_text("The scheduler is off.")
        expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
        self.admin.call("plugin.modify", name="slow-jobs", scheduler=False)
        try:
            expect(banner).to_be_visible()
            job = self.submit()
            expect(row_of(page, job)).to_contain_text("In the queue")
        finally:
            self.admin.call("plugin.modify", name="slow-jobs", scheduler=True)
        expect(banner).to_have_count(0)
        expect(row_of(page, job)).to_contain_text("Done", timeout=30_000)


def answers_late(method):
    """Holds the answers to calls of a method back for two seconds."""

    def handle(route):
        if f'"{method}"' not in (route.request.post_data or ""):
            return route.continue_()
        answer = route.fetch()
        time.sleep(2)
        return route.fulfill(response=answer)

    return handle


class HeldJobs(BrowserCase):
    """Jobs that come from a backup."""

    plugins = [{"name": "scheduler", "permissions": "asked"}]

    def test_restored_jobs_wait_until_they_are_released(self):
        self.admin.call("plugin.modify", name="scheduler", scheduler=False)
        jobs = [self.admin.call("job.submit", kind="machine.list")["job"]["id"] for _ in range(3)]
        backup = str(self.gateway.directory / "backup")
        self.gateway.command("backup", backup, "--config", str(self.gateway.configuration))
        self.gateway.stop()
        self.gateway.command("restore", backup, "--config", str(self.gateway.configuration))
        self.gateway.start()
        type(self).admin = self.gateway.client("admin")
        self.admin.call("plugin.modify", name="scheduler", scheduler=True)

        page = self.signed_in("admin", "/jobs")
        for job in jobs:
            expect(row_of(page, job)).to_contain_text("On hold")
        expect(page.get_by_text("3 jobs on hold.")).to_be_visible()
        self.screenshot(page, "jobs-held")
        page.get_by_role("button", name=f"Release job {jobs[0]}").click()
        expect(row_of(page, jobs[0])).to_contain_text("Done")
        expect(row_of(page, jobs[1])).to_contain_text("On hold")
        row_of(page, jobs[1]).get_by_role("link").first.click()
        expect(page.locator(".head-state")).to_contain_text("On hold")
        # Its events are heard before the answer is, which is older than they are.
        page.route("**/api", answers_late("job.release"))
        page.get_by_role("button", name="Release the job").click()
        expect(page.locator(".head-state")).to_contain_text("Done")
        page.unroute("**/api")
        page.wait_for_timeout(500)
        expect(page.locator(".head-state")).to_contain_text("Done")
        page.get_by_role("link", name="Jobs").first.click()
        page.get_by_role("button", name="Release all").click()
        page.get_by_role("dialog").get_by_role("button", name="Release all").click()
        expect(row_of(page, jobs[2])).to_contain_text("Done")
        expect(page.get_by_text("on hold.")).to_have_count(0)


class MachineJobs(BrowserCase):
    """A machine's own jobs, load and alerts."""

    with_guest = True
    plugins = [{"name": name, "permissions": "asked"} for name in ("scheduler", "poller")]

    def test_an_operation_is_put_off_and_done(self):
        wait_until(lambda: self.admin.machine("spare"), "the spare guest in the list")
        page = self.signed_in("admin", f"/machine/{SPARE_ID}")
        later = page.get_by_role("button", name="Do later…")
        later.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Repeat").fill("not a cron entry")
        dialog.get_by_role("button", name="Submit").click()
        expect(dialog.get_by_role("alert")).not_to_be_empty()
        dialog.get_by_label("Repeat").fill("")
        dialog.get_by_role("button", name="Submit").click()
        expect(dialog).to_have_count(0)
        try:
            expect(page.locator(".jobs-table tbody tr").first).to_contain_text("Done", timeout=30_000)
            wait_until(lambda: self.libvirt.state("spare") == "running", "the machine to run")
            expect(page.locator(".head-state")).to_contain_text("Running")
        finally:
            self.libvirt.virsh("destroy", "spare")

    def test_the_load_is_drawn_and_an_alert_counted(self):
        wait_until(lambda: self.admin.machine("demo"), "the guest in the list")
        if self.libvirt.state() != "running":
            self.libvirt.virsh("start", "demo")
        machine = self.admin.machine("demo")["id"]
        page = self.signed_in("admin", f"/machine/{machine}")
        chart = page.get_by_role("img", name=re.compile(r"^CPU\. Now \d"))
        expect(chart).to_be_visible(timeout=60_000)
        for range_name in ("6h", "2d", "30d", "1h"):
            page.get_by_label("Time shown").select_option(range_name)
            expect(page.get_by_role("img", name=re.compile(r"^Memory\. "))).to_be_visible()
        self.screenshot(page, "machine-load")

        self.admin.call("threshold.set", kind="memory", percent=1, minutes=0, enabled=True)
        entry = page.get_by_role("link", name=re.compile(r"^Alerts, \d+ not acknowledged$"))
        expect(entry).to_be_visible(timeout=60_000)
        entry.click()
        expect(page.get_by_role("table", name="Alerts")).to_be_visible()
        self.screenshot(page, "alerts")
        page.get_by_role("button", name="Acknowledge all").click()
        expect(page.get_by_text("Everything is acknowledged")).to_be_visible()
        expect(page.get_by_role("link", name="Alerts", exact=True)).to_be_visible()
        first = page.get_by_role("table", name="Alerts").get_by_role("row").nth(1)
        key = first.get_attribute("data-key")
        first.get_by_role("button", name=re.compile("^Delete: ")).click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator(f'tr[data-key="{key}"]')).to_have_count(0)
