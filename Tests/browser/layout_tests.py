# SPDX-License-Identifier: Apache-2.0
"""How the pages look: narrow, dark, and by keyboard."""
from playwright.sync_api import expect

from harness.case import BrowserCase
from harness.libvirt import GUEST_ID
from harness.pages import ScreenPage, TerminalPage
from harness.places import wait_until

PAGES = [
    "/", "/nodes", "/nodes/demo", "/consoles", "/jobs", "/alerts", "/plugins", "/users", "/audit", "/account",
    f"/machine/{GUEST_ID}",
]


class Layout(BrowserCase):
    """Every page of an administrator."""

    with_guest = True

    def setUp(self):
        super().setUp()
        if self.libvirt.state() != "running":
            self.libvirt.virsh("start", "demo")
        wait_until(lambda: (self.admin.machine("demo") or {}).get("state") == "running", "the guest in the list")

    def visit(self, page, path):
        page.goto(self.gateway.origin + path)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        page.wait_for_timeout(300)

    def test_nothing_sticks_out_of_a_window_of_400_pixels(self):
        page = self.signed_in("admin", viewport={"width": 400, "height": 800})
        for path in PAGES:
            with self.subTest(path):
                self.visit(page, path)
                self.assert_no_overflow(page)
        self.screenshot(page, "narrow")

    def test_the_consoles_fit_into_400_pixels_too(self):
        page = self.signed_in("admin", viewport={"width": 400, "height": 800})
        for kind in (ScreenPage, TerminalPage):
            console = kind(page, self.gateway, GUEST_ID).open().wait_for("connected")
            self.assert_no_overflow(page)
            self.screenshot(page, f"narrow-{console.path.rsplit('/', 1)[1]}")

    def test_dark_is_dark(self):
        for scheme in ("light", "dark"):
            page = self.signed_in("admin", color_scheme=scheme)
            expect(page.get_by_role("link", name="demo", exact=True)).to_be_visible()
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
            channels = page.evaluate(
                """(colour) => {
                    const context = new OffscreenCanvas(1, 1).getContext("2d");
                    context.fillStyle = colour;
                    context.fillRect(0, 0, 1, 1);
                    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
                }""", colour)
            self.screenshot(page, f"machines-{scheme}")
            if scheme == "dark":
                self.assertLess(max(channels), 80, colour)
            else:
                self.assertGreater(min(channels), 200, colour)

    def test_every_page_is_without_fault(self):
        page = self.signed_in("admin")
        for path in PAGES:
            with self.subTest(path):
                self.visit(page, path)

    def test_a_machine_that_does_not_exist_says_so(self):
        self.visit(self.signed_in("admin"), "/machine/00000000-0000-4000-8000-00000000dead")
