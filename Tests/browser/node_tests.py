# SPDX-License-Identifier: Apache-2.0
"""A node's own page: what it is made of, its networks, its storage, its templates."""
from playwright.sync_api import expect

from harness.case import BrowserCase


class NodePage(BrowserCase):
    """The node of libvirt's test driver."""

    def test_a_node_shows_its_facts_networks_and_pools(self):
        page = self.signed_in("admin", "/nodes")
        page.get_by_role("link", name="test", exact=True).click()
        page.wait_for_url("**/nodes/test")
        expect(page.get_by_role("heading", name="test", level=1)).to_be_focused()
        expect(page.locator(".head-state")).to_contain_text("Online")
        expect(page.get_by_role("table", name="Networks")).to_contain_text("default")
        expect(page.get_by_role("table", name="Storage pools")).to_contain_text("default-pool")
        expect(page.get_by_text("No template was made on this node")).to_be_visible()
        facts = page.get_by_role("region", name="Facts")
        expect(facts).to_contain_text("TEST")
        expect(facts.get_by_role("link", name="1 machine")).to_be_visible()
        self.screenshot(page, "node")
        self.admin.call("network.create", node="test", network="lab", description="For tests.")
        page.reload()
        expect(page.get_by_role("table", name="Networks")).to_contain_text("For tests.")

    def test_a_node_that_is_none_says_so(self):
        page = self.signed_in("admin", "/nodes/none")
        expect(page.get_by_role("heading", name="There is no such node")).to_be_visible()
