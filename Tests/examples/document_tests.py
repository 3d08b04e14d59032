# SPDX-License-Identifier: Apache-2.0
"""What the guides show of the examples."""
import re
import unittest

from gate import EXAMPLES
from harness.places import ROOT

GUIDES = ROOT / "Sources" / "gatehoused" / "Documentation.docc" / "Guides"
SHOWN = {
    "yaml": "behind-proxy.yaml", "nginx": "nginx.conf", "apache": "apache.conf", "haproxy": "haproxy.cfg",
    "caddyfile": "Caddyfile",
}


class DocumentTests(unittest.TestCase):
    """A reader of the guide copies what was tried."""

    def test_the_guide_shows_lines_of_the_examples_in_their_order(self):
        blocks = re.findall(r"```(\w+)\n(.*?)```", (GUIDES / "Behind-a-reverse-proxy.md").read_text(), re.DOTALL)
        self.assertEqual([kind for kind, _ in blocks], list(SHOWN))
        for kind, block in blocks:
            lines = iter((EXAMPLES / SHOWN[kind]).read_text().splitlines())
            for line in block.splitlines():
                self.assertTrue(line in lines, f"{SHOWN[kind]} does not hold, or not in this order: {line}")

    def test_every_example_that_a_guide_names_is_there(self):
        named = set()
        for guide in ("Behind-a-reverse-proxy.md", "Debian-package.md"):
            text = (GUIDES / guide).read_text()
            named |= set(re.findall(r"`(?:examples/|packaging/examples/)([\w.-]+)`", text))
            named |= set(re.findall(r"`(behind-[\w-]+\.yaml|haproxy-\w+\.cfg)`", text))
        self.assertGreaterEqual(len(named), 6)
        self.assertEqual([name for name in named if not (EXAMPLES / name).exists()], [])

    def test_every_example_names_only_files_that_are_there(self):
        for example in EXAMPLES.iterdir():
            named = re.findall(r"\b(behind-[\w-]+\.yaml|haproxy[\w-]*\.cfg|alerts\.yml)\b", example.read_text())
            self.assertEqual([name for name in named if not (EXAMPLES / name).exists()], [], example.name)
