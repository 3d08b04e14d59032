# SPDX-License-Identifier: Apache-2.0
"""One test case: a daemon of its own, and pages that must be without fault."""
import contextlib
import pathlib
import re
import shutil
import unittest

from playwright.sync_api import Error, expect, sync_playwright

from harness.gateway import PASSWORD, Gateway
from harness.libvirt import Libvirt
from harness.pages import sign_in
from harness.places import OUTPUT

CHROMIUM = next((p for p in (shutil.which("chromium"), shutil.which("chromium-browser")) if p), None)

# A page that is slow because the host is busy is no fault; one that never comes is.
expect.set_options(timeout=20_000)


class Shared:
    """What is slow to start and the same for every test: the browser and the libvirtd with its guest."""

    show = False
    keep = False
    _playwright = None
    _browser = None
    _libvirt = None

    @classmethod
    def browser(cls):
        if cls._browser is None:
            cls._playwright = sync_playwright().start()
            cls._browser = cls._playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"], headless=not cls.show)
        return cls._browser

    @classmethod
    def libvirt(cls):
        if cls._libvirt is None:
            libvirt = Libvirt()
            cls._libvirt = libvirt
            libvirt.start()
        return cls._libvirt

    @classmethod
    def stop(cls):
        for gateway in list(Gateway.running):
            gateway.stop()
        if cls._browser:
            cls._browser.close()
            cls._playwright.stop()
        if cls._libvirt:
            cls._libvirt.stop()


class BrowserCase(unittest.TestCase):
    """Starts a daemon before each class of tests, and looks for faults on every page after each test."""

    # Whether the class wants the demo guest; libvirt's test driver is always there.
    with_guest = False
    # The rows of the plugin table, for a class that wants plugins.
    plugins = None
    # The first user, unless the class makes it itself.
    first_user = "admin"

    @classmethod
    def setUpClass(cls):
        nodes = {"test": "test:///default"}
        if cls.with_guest:
            cls.libvirt = Shared.libvirt()
            nodes = {"demo": cls.libvirt.uri, **nodes}
        cls.gateway = Gateway(nodes, plugins=cls.plugins)
        # Registered before the start, so that a daemon that fails to start leaves nothing behind.
        cls.addClassCleanup(cls._remove_gateway)
        cls.gateway.start()
        if cls.first_user:
            cls.gateway.add_user(cls.first_user, "--superuser")
            cls.admin = cls.gateway.client(cls.first_user)

    @classmethod
    def _remove_gateway(cls):
        cls.gateway.stop()
        if not Shared.keep:
            shutil.rmtree(cls.gateway.directory, ignore_errors=True)

    def setUp(self):
        self._pages = []
        self._faults = []
        # Console messages that a test expects, as regular expressions.
        self.expected_messages = []
        self.gateway.check_alive()

    def tearDown(self):
        failed = self._has_failed()
        if failed:
            self._keep_evidence()
        seen = list(self._faults)
        self._close_pages()
        self.gateway.check_alive()
        if failed:
            return
        faults = [f for f in seen if not any(re.search(e, f) for e in self.expected_messages)]
        self.assertEqual(faults, [], "messages in the browser's console")

    def _close_pages(self):
        for page in self._pages:
            # Chromium never ends closing a context whose page is just going elsewhere, as after signing out.
            for _ in range(3):
                with contextlib.suppress(Error):
                    page.goto("about:blank")
                    break
        for page in self._pages:
            page.context.close()

    def new_page(self, **options):
        """A page of a browser that knows no other page of this test."""
        settings = {"viewport": {"width": 1280, "height": 800}, "ignore_https_errors": True, **options}
        context = Shared.browser().new_context(**settings)
        context.set_default_timeout(20_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        return self.watch(context.new_page())

    def second_window(self, page):
        """Another window of the same browser, so with the same session."""
        return self.watch(page.context.new_page())

    def signed_in(self, name, path="/", **options):
        page = self.new_page(**options)
        sign_in(page, self.gateway, name, PASSWORD, path)
        return page

    def watch(self, page):
        page.on("console", self._message)
        page.on("pageerror", lambda error: self._faults.append(f"thrown: {error}"))
        self._pages.append(page)
        return page

    def screenshot(self, page, name):
        OUTPUT.mkdir(exist_ok=True)
        page.screenshot(path=OUTPUT / f"{name}.png")

    def assert_no_overflow(self, page):
        """Nothing sticks out of the page to the side."""
        width, needed = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
        self.assertLessEqual(needed, width, f"{page.url} is wider than its window")

    def _message(self, message):
        if message.type in ("error", "warning"):
            self._faults.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _has_failed(self):
        outcome = getattr(self._outcome, "result", None)
        problems = [] if outcome is None else outcome.failures + outcome.errors
        return any(test is self for test, _ in problems) or not self._outcome.success

    def _keep_evidence(self):
        folder = OUTPUT / "failed" / self.id()
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(self._pages, 1):
            if not page.is_closed():
                page.screenshot(path=folder / f"page-{number}.png")
                pathlib.Path(folder / f"page-{number}.html").write_text(page.content())
        (folder / "console.txt").write_text("\n".join(self._faults))
        (folder / "gatehoused.log").write_text(self.gateway.log_text())
        print(f"  what the pages showed: {folder}")
