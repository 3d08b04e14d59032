# SPDX-License-Identifier: Apache-2.0
"""Plugins as an administrator switches them, while consoles go on."""
import re
import time

from playwright.sync_api import expect

from harness import picture
from harness.case import BrowserCase
from harness.libvirt import GUEST_ID
from harness.pages import ScreenPage, TerminalPage, plugin_switch, turn
from harness.places import EXAMPLES, wait_until

OWN = [{"name": name, "permissions": "asked"} for name in ("zentific", "scheduler", "poller", "overview")]
HELLO = '<?xml version="1.0"?><methodCall><methodName>Zentific.hello</methodName><params/></methodCall>'


def row_of(page, name):
    return page.locator(f'tr[data-key="{name}"]')


class PluginTable(BrowserCase):
    """The page with the table: plugins are dropped in, granted, switched, and leave."""

    plugins = [each for each in OWN if each["name"] != "overview"]

    def test_the_example_is_dropped_in_enabled_answers_and_is_gone_again(self):
        page = self.signed_in("admin", "/plugins")
        expect(row_of(page, "zentific")).to_contain_text("Healthy")
        expect(row_of(page, "hello-python")).to_have_count(0)
        self.gateway.stage(EXAMPLES / "hello-python")
        page.get_by_role("button", name="Reload folders").click()
        switch = plugin_switch(page, "Plugin hello-python")
        expect(switch).to_have_attribute("aria-checked", "false")
        self.assertEqual(self.hello()[0], 404, "a plugin that is only found answers")

        start = time.monotonic()
        turn(switch, True)
        expect(row_of(page, "hello-python")).to_contain_text("Healthy")
        self.assertLess(time.monotonic() - start, 5, "seconds until it is on")
        status, text = self.hello("?name=Gatehouse")
        self.assertEqual(status, 200)
        self.assertIn("Hello, Gatehouse!", text)
        expect(row_of(page, "hello-python")).to_contain_text("Plugin: off in the file, on now")
        self.screenshot(page, "plugins")

        turn(plugin_switch(page, "RPC of hello-python"), False)
        self.assertEqual(self.hello()[0], 404, "a part that is off answers")
        turn(plugin_switch(page, "RPC of hello-python"), True)
        self.assertEqual(self.hello()[0], 200)

        turn(switch, False)
        self.assertEqual(self.hello()[0], 404, "a plugin that is off answers")
        expect(row_of(page, "hello-python")).to_contain_text("Off")
        self.assertIsNone(self.admin.plugin("hello-python")["process"])

    def hello(self, query=""):
        return self.admin.request("GET", f"/hello-python{query}")

    def test_permissions_are_asked_for_in_plain_words_and_by_keyboard(self):
        page = self.signed_in("admin", "/plugins")
        switch = plugin_switch(page, "Plugin overview")
        expect(switch).to_have_attribute("aria-checked", "false")
        dialog = page.get_by_role("dialog")

        switch.focus()
        page.keyboard.press("Space")
        expect(dialog).to_contain_text("see the list of machines")
        expect(dialog).to_contain_text("machine.list")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(switch).to_be_focused()
        self.assertFalse(self.admin.plugin("overview")["enabled"])

        page.keyboard.press("Space")
        expect(dialog).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(dialog.get_by_role("button", name="Grant and enable")).to_be_focused()
        page.keyboard.press("Enter")
        expect(switch).to_have_attribute("aria-checked", "true")
        plugin = self.admin.plugin("overview")
        self.assertEqual(sorted(plugin["granted"]), sorted(plugin["asked"]))
        expect(page.get_by_role("link", name="Overview", exact=True)).to_be_visible()

        row_of(page, "overview").get_by_role("button", name="Reset").click()
        dialog.get_by_role("button", name="Reset").click()
        expect(switch).to_have_attribute("aria-checked", "false")
        self.assertEqual(self.admin.plugin("overview")["granted"], [])
        expect(page.get_by_role("link", name="Overview", exact=True)).to_have_count(0)

    def test_a_plugin_shows_its_log_and_is_restarted(self):
        page = self.signed_in("admin", "/plugins")
        row_of(page, "zentific").get_by_role("link", name="zentific").click()
        expect(page.get_by_role("heading", name="zentific")).to_be_visible()
        log = page.get_by_role("log")
        expect(log.locator(".log-line").first).to_be_visible()
        before = log.locator(".log-line").count()
        process = self.admin.plugin("zentific")["process"]
        page.get_by_role("button", name="Restart").click()
        expect(page.get_by_text("zentific was restarted.")).to_be_visible()
        wait_until(lambda: log.locator(".log-line").count() > before, "the log to grow")
        plugin = wait_until(lambda: self.healthy("zentific"), "the plugin to be healthy")
        self.assertNotEqual(plugin["process"], process)
        for permission in plugin["granted"]:
            expect(page.locator(f'[data-permission="{permission}"]')).to_be_visible()

    def healthy(self, name):
        plugin = self.admin.plugin(name)
        return plugin if plugin["state"] == "healthy" else None

    def test_the_pages_fit_a_narrow_window_in_both_themes(self):
        for scheme in ("light", "dark"):
            page = self.signed_in("admin", "/plugins", color_scheme=scheme, viewport={"width": 400, "height": 800})
            expect(row_of(page, "zentific")).to_contain_text("Healthy")
            self.assert_no_overflow(page)
            self.screenshot(page, f"plugins-narrow-{scheme}")
            row_of(page, "zentific").get_by_role("link", name="zentific").click()
            expect(page.get_by_role("log").locator(".log-line").first).to_be_visible()
            self.assert_no_overflow(page)
            self.screenshot(page, f"plugin-narrow-{scheme}")

    def test_others_see_what_is_on_and_can_switch_nothing(self):
        self.gateway.add_user("carol")
        page = self.signed_in("carol", "/plugins")
        expect(row_of(page, "zentific")).to_be_visible()
        expect(page.get_by_role("switch")).to_have_count(0)
        expect(page.get_by_role("button", name="Reload folders")).to_have_count(0)
        expect(page.get_by_role("link", name="Plugins")).to_have_count(0)
        page.goto(f"{self.gateway.origin}/plugins/zentific")
        expect(page.get_by_text("For superusers only")).to_be_visible()


class Parts(BrowserCase):
    """Each of the four parts goes off and on while both consoles of a guest draw without a pause."""

    with_guest = True
    plugins = OWN

    def setUp(self):
        super().setUp()
        if self.libvirt.state() != "running":
            self.libvirt.virsh("start", "demo")
        wait_until(lambda: (self.admin.machine("demo") or {}).get("state") == "running", "the guest in the list")

    def test_consoles_lose_nothing_while_each_part_goes_off_and_on(self):
        # noVNC decodes one picture to see what the browser can, and leaves it to be collected.
        self.expected_messages = [r"A VideoFrame was garbage collected"]
        page = self.signed_in("admin", "/plugins")
        terminal = TerminalPage(self.second_window(page), self.gateway, GUEST_ID).open().wait_for("connected")
        terminal.wait_for_prompt()
        screen = ScreenPage(self.second_window(page), self.gateway, GUEST_ID).open().wait_for("connected")
        for console in (screen, terminal):
            console.watch_phases()
        since = self.locks_since()
        # Each line goes to the serial port, then to the screen: what one has, the other must have too.
        terminal.type("i=0; while [ ! -e /tmp/stop ]; do i=$((i+1)); echo line-$i; echo line-$i >/dev/tty1; done &\n")
        drawn = self.bytes_drawn()

        checks = {"RPC of zentific": self.routes, "Pages of overview": self.pages, "Scheduler of scheduler": self.jobs,
                  "Poller of poller": self.samples}
        for label, works in checks.items():
            with self.subTest(label):
                works(page, True)
                turn(plugin_switch(page, label), False)
                works(page, False)
                drawn = self.assert_drawing(drawn)
                turn(plugin_switch(page, label), True)
                works(page, True)
                drawn = self.assert_drawing(drawn)
        for name in ("zentific", "scheduler", "poller", "overview"):
            turn(plugin_switch(page, f"Plugin {name}"), False)
            turn(plugin_switch(page, f"Plugin {name}"), True)
        self.assert_drawing(drawn)

        # Typed through the other console: the serial port is busy with its own lines.
        screen.type("\ntouch /tmp/stop\n")
        self.assert_every_line(terminal)
        for console in (screen, terminal):
            self.assertEqual(console.phases(), [], "a console was interrupted")
        self.assertEqual(self.locks_since(), since)
        self.assert_shows_the_guest(screen)

    def locks_since(self):
        return {each["console"]: each["since"] for each in self.admin.call("console.list")["consoles"]}

    def bytes_drawn(self):
        return {each["console"]: each["bytesOut"] for each in self.admin.call("console.list")["consoles"]}

    def assert_drawing(self, before):
        """Both consoles drew since `before`, and go on."""
        for kind in ("vnc", "text"):
            wait_until(lambda kind=kind: self.bytes_drawn()[kind] > before[kind], f"the {kind} console to draw")
        return self.bytes_drawn()

    def assert_every_line(self, terminal):
        """The terminal's whole history counts up without a gap."""
        terminal.page.wait_for_timeout(2000)
        text = terminal.whole_text()
        numbers = [int(number) for number in re.findall(r"(?m)^line-(\d+)$", text)]
        self.assertGreater(len(numbers), 500, text[-500:])
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "a line is missing")

    def assert_shows_the_guest(self, screen):
        blank = self.new_page()

        def is_same():
            guest = picture.png_url(self.libvirt.screenshot())
            return picture.compare(blank, screen.picture(), guest).is_same()

        wait_until(is_same, "the page to show what the guest shows", 15, step=0.5)

    def routes(self, _, are_on):
        def status():
            return self.admin.request("POST", "/zentific/RPC2", HELLO, **{"Content-Type": "text/xml"})[0]

        if are_on:
            wait_until(lambda: status() == 200, "Zentific to answer", 5)
        else:
            self.assertEqual(status(), 404)

    def pages(self, page, are_on):
        expect(page.get_by_role("link", name="Overview", exact=True)).to_have_count(1 if are_on else 0)
        self.assertEqual(self.admin.request("GET", "/plugin-files/overview/index.html")[0], 200 if are_on else 404)

    def jobs(self, _, are_on):
        job = self.admin.call("job.submit", kind="system.status")["job"]["id"]

        def status():
            return self.admin.call("job.get", job=job)["job"]["status"]

        if are_on:
            wait_until(lambda: status() == "completed", "the job to be done")
        else:
            self.assertEqual(self.admin.call("job.list", limit=1)["scheduler"], "off")
            time.sleep(2)
            self.assertEqual(status(), "enqueued")

    def samples(self, _, are_on):
        def points():
            return len(self.admin.call("sample.range", node="demo", resolution="10s")["points"])

        before = points()
        if are_on:
            wait_until(lambda: points() > before, "another sample", 30)
        else:
            time.sleep(22)
            self.assertLessEqual(points() - before, 1, "samples came while the poller was off")


class Overview(BrowserCase):
    """The page that the overview plugin brings."""

    plugins = OWN
    path = "/page/overview/overview"

    def tearDown(self):
        self.admin.call("plugin.modify", name="overview", frontend=True)
        super().tearDown()

    def frame(self, page):
        return page.frame_locator("iframe.plugin-frame")

    def test_it_comes_and_goes_in_open_browsers(self):
        page = self.signed_in("admin", self.path)
        machines = len(self.admin.call("machine.list")["machines"])
        tile = self.frame(page).locator(".ov-tile").filter(has_text="Machines")
        expect(tile.locator("strong")).to_have_text(str(machines))
        entry = page.get_by_role("link", name="Overview", exact=True)
        expect(entry).to_have_attribute("aria-current", "page")
        expect(page.locator("iframe.plugin-frame")).to_have_attribute("sandbox", "allow-scripts")

        self.admin.call("plugin.modify", name="overview", frontend=False)
        expect(page.get_by_text("This page is switched off")).to_be_visible(timeout=3000)
        expect(entry).to_have_count(0)
        expect(page.locator("iframe")).to_have_count(0)

        self.admin.call("plugin.modify", name="overview", frontend=True)
        expect(tile.locator("strong")).to_have_text(str(machines), timeout=3000)
        expect(entry).to_have_count(1)

    def test_it_is_live_and_leads_into_the_console(self):
        page = self.signed_in("admin", self.path)
        jobs = self.frame(page).get_by_role("region", name="Latest jobs")
        expect(jobs).to_be_visible()
        job = self.admin.call("job.submit", kind="system.status", notBefore="2999-01-01T00:00:00Z")["job"]["id"]
        line = jobs.locator("li").filter(has=page.locator(f'a[href="/jobs/{job}"]'))
        expect(line).to_contain_text("waits for its time")
        self.admin.call("job.cancel", job=job)
        expect(line).to_contain_text("cancelled")
        line.get_by_role("link").click()
        page.wait_for_url(f"{self.gateway.origin}/jobs/{job}")
        expect(page.get_by_role("heading", name=f"system.status #{job}")).to_be_visible()

    def test_it_draws_the_load_of_the_nodes(self):
        page = self.signed_in("admin", self.path)
        chart = self.frame(page).get_by_role("img", name=re.compile("^CPU of the nodes: test "))
        expect(chart).to_be_visible(timeout=40_000)
        page.wait_for_timeout(500)
        self.screenshot(page, "overview")

    def test_it_follows_the_theme_and_fits_a_narrow_window(self):
        for scheme in ("light", "dark"):
            page = self.signed_in("admin", self.path, color_scheme=scheme, viewport={"width": 400, "height": 800})
            expect(self.frame(page).locator("html")).to_have_attribute("data-theme", scheme)
            expect(self.frame(page).get_by_text("Latest jobs")).to_be_visible()
            self.assert_no_overflow(page)
            inside = self.frame(page).locator("body").evaluate("(body) => [body.clientWidth, body.scrollWidth]")
            self.assertLessEqual(inside[1], inside[0])
            self.screenshot(page, f"overview-narrow-{scheme}")
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Theme").click()
        page.get_by_role("menuitemradio", name="Light").click()
        expect(self.frame(page).locator("html")).to_have_attribute("data-theme", "light")

    def test_the_frame_can_reach_nothing_but_what_was_granted(self):
        self.expected_messages = [r"Content Security Policy", r"Refused to", r"Blocked", r"violates the following"]
        page = self.signed_in("admin", self.path)
        expect(self.frame(page).get_by_text("Latest jobs")).to_be_visible()
        frame = next(each for each in page.frames if "/plugin-files/overview/" in each.url)
        tried = frame.evaluate(
            """async () => {
                const outcome = async (work) => {
                    try { return await work(); } catch (problem) { return `refused: ${problem.code ?? problem.name}`; }
                };
                const { connect } = await import("/lib/plugin-frame.js");
                const gatehouse = await connect();
                return {
                    fetch: await outcome(async () => (await fetch("/api", { method: "POST" })).status),
                    cookie: await outcome(async () => document.cookie),
                    storage: await outcome(async () => localStorage.length),
                    shell: await outcome(async () => parent.document.title),
                    users: await outcome(async () => gatehouse.call("user.list")),
                    nodes: await outcome(async () => (await gatehouse.call("node.list")).nodes.length),
                };
            }""")
        self.assertEqual((tried.pop("users"), tried.pop("nodes")), ("refused: forbidden", 1))
        for name, outcome in tried.items():
            self.assertRegex(str(outcome), "^refused: ", name)


class TrustedOverview(BrowserCase):
    """The same page where the table trusts the plugin: a module in the shell."""

    plugins = [{"name": "overview", "permissions": "asked", "trusted": True}]

    def test_its_module_runs_in_the_shell_and_leaves_it(self):
        page = self.signed_in("admin", "/page/overview/overview")
        tile = page.locator(".plugin-stage.module .ov-tile").filter(has_text="Machines")
        expect(tile.locator("strong")).to_have_text(str(len(self.admin.call("machine.list")["machines"])))
        expect(page.locator("iframe")).to_have_count(0)
        tile.click()
        expect(page.get_by_role("heading", name="Machines", exact=True)).to_be_visible()
        page.go_back()
        expect(tile).to_be_visible()
        self.admin.call("plugin.modify", name="overview", enabled=False)
        expect(page.get_by_text("This page is switched off")).to_be_visible()
        expect(tile).to_have_count(0)
