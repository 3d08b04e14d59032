# SPDX-License-Identifier: Apache-2.0
"""The consoles of a real guest."""
from playwright.sync_api import expect

from harness import picture
from harness.case import BrowserCase
from harness.gateway import CallFailed
from harness.libvirt import GUEST_ID
from harness.pages import ScreenPage, TerminalPage
from harness.places import OUTPUT, wait_until


class Consoles(BrowserCase):
    """One guest, an administrator, and a user who gets rights as the tests need them."""

    with_guest = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway.add_user("alice")
        wait_until(lambda: cls.admin.machine("demo"), "the guest in the list of machines")

    def setUp(self):
        super().setUp()
        for privilege in self.admin.call("privilege.list", user="alice")["privileges"]:
            self.admin.call("privilege.revoke", privilege=privilege["id"])
        if self.libvirt.state() != "running":
            self.libvirt.virsh("start", "demo")
        wait_until(lambda: self.admin.machine("demo")["state"] == "running", "the guest to run")

    def give_alice(self, level):
        self.admin.call("privilege.grant", user="alice", machine=GUEST_ID, level=level)

    def screen(self, page):
        return ScreenPage(page, self.gateway, GUEST_ID)

    def terminal(self, page):
        return TerminalPage(page, self.gateway, GUEST_ID)

    def assert_shows_the_guest(self, screen):
        """The page has the picture that libvirt has, but for a blinking cursor."""
        blank = self.new_page()
        comparisons = []

        def is_same():
            guest = picture.png_url(self.libvirt.screenshot())
            comparisons.append(picture.compare(blank, screen.picture(), guest))
            return comparisons[-1].is_same()

        wait_until(is_same, "the page to show what the guest shows", 15, step=0.5)
        self.assertGreater(comparisons[-1].width, 600)
        self.assertGreater(picture.lit_pixels(blank, screen.picture()), 500, "the screen is empty")

    def test_what_is_typed_on_the_screen_arrives_at_the_serial_port(self):
        page = self.signed_in("admin")
        terminal = self.terminal(self.second_window(page)).open().wait_for("connected")
        terminal.wait_for_prompt()
        screen = self.screen(page).open().wait_for("connected")
        self.assert_shows_the_guest(screen)

        screen.type("echo hello-$((6*7)) > /dev/ttyS0\n")
        terminal.wait_for_text("hello-42")
        self.assert_shows_the_guest(screen)
        OUTPUT.mkdir(exist_ok=True)
        self.screenshot(page, "console")
        picture.save(screen.picture(), OUTPUT / "screen.png")

        # Taken before the line goes out: the guest may be quicker than a picture.
        before = screen.picture()
        blank = self.new_page()
        terminal.type("echo back-$((8*8)) > /dev/tty1\n")
        wait_until(
            lambda: not picture.compare(blank, before, screen.picture()).is_same(100),
            "the screen to change after a line from the serial port")
        self.assert_shows_the_guest(screen)

    def test_who_has_no_rights_sees_nothing(self):
        page = self.signed_in("alice")
        expect(page.get_by_role("heading", name="Machines", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="demo", exact=True)).to_have_count(0)
        alice = self.gateway.client("alice")
        refusals = []
        for machine in (GUEST_ID, "00000000-0000-4000-8000-00000000dead"):
            with self.assertRaises(CallFailed) as refused:
                alice.call("machine.show", machine=machine)
            refusals.append((refused.exception.word, str(refused.exception)))
        self.assertEqual(refusals[0], refusals[1], "a machine that one may not see is told apart from none")
        self.assertEqual(refusals[0][0], "notFound")

        # A right that is given shows the machine without a reload.
        self.give_alice("readOnlyAdmin")
        expect(page.get_by_role("link", name="demo", exact=True)).to_be_visible(timeout=10_000)
        with self.assertRaises(CallFailed) as refused:
            alice.call("console.open", machine=GUEST_ID, type="vnc")
        self.assertEqual(refused.exception.word, "forbidden")

    def test_a_takeover_is_seen_by_both_and_stays(self):
        first = self.screen(self.signed_in("admin")).open().wait_for("connected")
        self.give_alice("admin")
        alice = self.gateway.client("alice")
        with self.assertRaises(CallFailed) as refused:
            alice.call("console.open", machine=GUEST_ID, type="vnc")
        self.assertEqual(refused.exception.word, "consoleLocked")

        second = self.screen(self.signed_in("alice")).open().wait_for("locked")
        self.assertIn("admin", second.panel())
        second.take_over()
        second.wait_for("connected")
        first.wait_for("closed")
        self.assertIn("alice", first.panel())
        self.assert_shows_the_guest(second)
        first.page.wait_for_timeout(5000)
        self.assertEqual((first.phase, second.phase), ("closed", "connected"), "the first page came back by itself")

        # Asked for by its user, it tells who has the console now.
        first.page.get_by_role("button", name="Reconnect").click()
        first.wait_for("locked")
        self.assertIn("alice", first.panel())

    def test_a_right_that_is_taken_away_closes_the_console(self):
        self.give_alice("admin")
        console = self.terminal(self.signed_in("alice")).open().wait_for("connected")
        for privilege in self.admin.call("privilege.list", user="alice")["privileges"]:
            self.admin.call("privilege.revoke", privilege=privilege["id"])
        console.wait_for("closed")
        console.page.wait_for_timeout(2000)
        self.assertEqual(console.phase, "closed")

    def test_both_consoles_outlive_a_reset(self):
        self.outlive("machine.reset")

    def test_both_consoles_outlive_a_reboot(self):
        self.outlive("machine.reboot")

    def outlive(self, method):
        page = self.signed_in("admin")
        terminal = self.terminal(self.second_window(page)).open().wait_for("connected")
        terminal.wait_for_prompt()
        screen = self.screen(page).open().wait_for("connected")
        self.assert_shows_the_guest(screen)
        terminal.type("echo before > /tmp/mark; ls /tmp\n")
        terminal.wait_for_text("mark")

        self.admin.call(method, machine=GUEST_ID)
        terminal.wait_for("connected", 40)
        screen.wait_for("connected", 40)
        # Memory is all that the guest has: without the mark it has started anew.
        page.wait_for_timeout(3000)
        terminal.wait_for_prompt(60)
        terminal.type("clear; ls /tmp | wc -l\n")
        terminal.wait_for_text(r"(?m)^0\s*$")
        self.assert_shows_the_guest(screen)

    def test_both_consoles_come_back_after_power_off_and_start(self):
        # The page may ask once more before it is told that the machine is off, and noVNC says so.
        self.expected_messages = [r"code: 4004.*rfb\.js"]
        page = self.signed_in("admin")
        terminal = self.terminal(self.second_window(page)).open().wait_for("connected")
        screen = self.screen(page).open().wait_for("connected")
        self.admin.call("machine.powerOff", machine=GUEST_ID)
        terminal.wait_for("waiting")
        screen.wait_for("waiting")
        page.get_by_role("button", name="Start the machine").click()
        screen.wait_for("connected", 30)
        terminal.wait_for("connected", 30)
        terminal.wait_for_prompt(60)
        self.assert_shows_the_guest(screen)

    def test_a_reloaded_page_gets_its_console_back(self):
        console = self.screen(self.signed_in("admin")).open().wait_for("connected")
        console.page.reload()
        console.wait_for("connected", 10)

    def test_a_console_that_an_administrator_ends_stays_ended(self):
        self.give_alice("admin")
        console = self.screen(self.signed_in("alice")).open().wait_for("connected")
        self.admin.call("console.disconnect", machine=GUEST_ID, type="vnc", reason="maintenance at noon")
        console.wait_for("closed")
        self.assertIn("maintenance at noon", console.panel())
        console.page.wait_for_timeout(2000)
        self.assertEqual(console.phase, "closed")
        self.assertIsNone(self.admin.call("console.show", machine=GUEST_ID, type="vnc")["lock"])

    def test_signing_out_closes_the_console(self):
        page = self.signed_in("admin")
        console = self.screen(self.second_window(page)).open().wait_for("connected")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(self.gateway.origin + "/login")
        console.wait_for("closed")
        self.assertIn("Sign in again", console.panel())
