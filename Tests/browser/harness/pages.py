# SPDX-License-Identifier: Apache-2.0
"""The pages as their users know them: by the words on buttons and fields."""
import pathlib
import random
import re

from playwright.sync_api import expect

from harness.places import wait_until

# Characters that a US keyboard makes with Shift. noVNC sends the place of a key, so Shift must be down.
_SHIFTED = {
    "!": "Digit1", "@": "Digit2", "#": "Digit3", "$": "Digit4", "%": "Digit5", "^": "Digit6", "&": "Digit7",
    "*": "Digit8", "(": "Digit9", ")": "Digit0", "_": "Minus", "+": "Equal", ">": "Period", "<": "Comma",
    ":": "Semicolon", '"': "Quote", "|": "Backslash", "?": "Slash", "~": "Backquote",
}


def sign_in(page, gateway, name, password, path="/"):
    """Goes to a page as a stranger and signs in where that leads to."""
    page.goto(gateway.origin + path)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(gateway.origin + path)


def machine_row(page, name):
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def plugin_switch(page, label):
    """A switch of the plugin table, such as "Plugin hello" or "RPC of hello"."""
    return page.get_by_role("switch", name=label, exact=True)


def turn(switch, on):
    """Turns a switch on or off and waits until the server did it."""
    wanted = "true" if on else "false"
    expect(switch).not_to_have_attribute("aria-checked", wanted)
    switch.click()
    expect(switch).to_have_attribute("aria-checked", wanted)


class ConsolePage:
    """The window of a console."""

    def __init__(self, page, gateway, machine, kind):
        self.page = page
        self.gateway = gateway
        self.path = f"/machine/{machine}/{kind}"

    def open(self):
        self.page.goto(self.gateway.origin + self.path)
        return self

    @property
    def phase(self):
        return self.page.locator(".console").get_attribute("data-phase")

    def wait_for(self, phase, seconds=20):
        expect(self.page.locator(".console")).to_have_attribute("data-phase", phase, timeout=seconds * 1000)
        return self

    def watch_phases(self):
        """Writes down from now on which phases the console goes through."""
        self.page.evaluate(
            """() => {
                window.seenPhases = [];
                const element = document.querySelector(".console");
                new MutationObserver(() => window.seenPhases.push(element.dataset.phase))
                    .observe(element, { attributes: true, attributeFilter: ["data-phase"] });
            }""")

    def phases(self):
        """The phases since `watch_phases`; none where the console was never interrupted."""
        return self.page.evaluate("window.seenPhases")

    def panel(self):
        """The words that explain why the console is not there."""
        return self.page.get_by_role("group", name="Connection").inner_text()

    def take_over(self):
        self.page.get_by_role("button", name="Take over…").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Take over").click()


class ScreenPage(ConsolePage):
    """A VNC console."""

    def __init__(self, page, gateway, machine):
        super().__init__(page, gateway, machine, "vnc")

    def picture(self):
        """The guest's screen as the page has it, unscaled, as a `data:` address."""
        canvas = self.page.locator(".rfb canvas")
        return canvas.evaluate("(canvas) => canvas.toDataURL('image/png')")

    def type(self, text):
        """Types on the keyboard, with Shift held down where a person would hold it."""
        self.page.locator(".rfb canvas").focus()
        for character in text:
            self._press(character)
            # The guest's emulated keyboard has a short queue.
            self.page.wait_for_timeout(30)

    def _press(self, character):
        keyboard = self.page.keyboard
        if character in _SHIFTED or character.isupper():
            keyboard.down("Shift")
            keyboard.press(_SHIFTED.get(character, f"Key{character}"))
            keyboard.up("Shift")
        else:
            keyboard.press({"\n": "Enter", " ": "Space"}.get(character, character))


class TerminalPage(ConsolePage):
    """A text console."""

    def __init__(self, page, gateway, machine):
        super().__init__(page, gateway, machine, "text")

    def text(self):
        return self.page.locator(".xterm-rows").inner_text().replace("\u00a0", " ")

    def whole_text(self):
        """All that the terminal still has, with what scrolled away."""
        with self.page.expect_download() as saving:
            self.page.get_by_role("button", name="Download what was shown").click()
        return pathlib.Path(saving.value.path()).read_text()

    def wait_for_text(self, pattern, seconds=20):
        wait_until(lambda: re.search(pattern, self.text()), f"'{pattern}' on the terminal", seconds)

    def type(self, text):
        self.page.locator(".xterm-helper-textarea").focus()
        self.page.keyboard.type(text)

    def wait_for_prompt(self, seconds=40):
        """Asks the guest's shell for a sum until it answers: a prompt may be left from before the guest started anew."""
        number = random.randrange(10_000, 99_999)

        def has_answered():
            self.type(f"echo $(({number}+1))\n")
            self.page.wait_for_timeout(500)
            return re.search(rf"(?m)^{number + 1}\s*$", self.text())

        wait_until(has_answered, "an answer of the guest's shell", seconds)
