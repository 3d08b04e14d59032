# SPDX-License-Identifier: Apache-2.0
"""The first user, signing in and out."""
from playwright.sync_api import expect

from harness.case import BrowserCase
from harness.gateway import PASSWORD, CallFailed, Client


class Setup(BrowserCase):
    """A daemon without users."""

    first_user = None

    def test_the_link_makes_the_first_user_once(self):
        link = self.gateway.setup_link()
        page = self.new_page()
        page.goto(link)
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Repeat the password").fill(PASSWORD)
        page.get_by_role("button", name="Create the administrator").click()
        page.wait_for_url(self.gateway.origin + "/")
        expect(page.get_by_role("heading", name="Machines", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="test", exact=True)).to_be_visible()
        self.assertNotIn("token", page.evaluate("location.href"))

        other = self.new_page()
        other.goto(link)
        expect(other.get_by_role("heading", name="Already set up")).to_be_visible()
        token = link.split("#token=")[1]
        with self.assertRaises(CallFailed):
            Client(self.gateway.origin).call("setup.complete", token=token, name="second", password=PASSWORD)


class SignIn(BrowserCase):
    """A daemon with an administrator."""

    def test_the_keyboard_is_enough(self):
        page = self.new_page()
        page.goto(self.gateway.origin + "/")
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type("admin")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Machines", exact=True)).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()

    def test_a_wrong_password_says_so_and_keeps_the_name(self):
        page = self.new_page()
        page.goto(self.gateway.origin + "/login")
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        expect(page.get_by_label("User name")).to_have_value("admin")

    def test_signing_out_ends_the_session_in_every_window(self):
        page = self.signed_in("admin")
        other = self.second_window(page)
        other.goto(self.gateway.origin + "/")
        expect(other.get_by_role("heading", name="Machines", exact=True)).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("User name")).to_be_visible()
        expect(other.get_by_label("User name")).to_be_visible(timeout=10_000)

    def test_a_page_that_asks_for_a_login_is_shown_after_it(self):
        machine = self.admin.machine("test")["id"]
        page = self.signed_in("admin", f"/machine/{machine}")
        expect(page.get_by_role("heading", name="test", exact=True)).to_be_visible()
