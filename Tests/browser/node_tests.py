# SPDX-License-Identifier: Apache-2.0
"""A node's own page: what it is made of, its networks, its storage, its templates."""
from playwright.sync_api import expect

from harness.case import BrowserCase
from harness.places import wait_until


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


class NodeMaintenance(BrowserCase):
    """A node that is brought to rest and back from the list of the nodes."""

    plugins = [{"name": "scheduler", "permissions": "asked"}]

    def test_a_node_is_brought_to_rest_and_back(self):
        wait_until(lambda: self.admin.plugin("scheduler")["state"] == "healthy", "the scheduler")
        page = self.signed_in("admin", "/nodes")
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name="test", exact=True))
        row.get_by_role("button", name="Maintenance: bring test to rest").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("takes no new work")
        dialog.get_by_role("button", name="Enter maintenance").click()
        expect(row).to_contain_text("In maintenance since")
        self.assertEqual(self.admin.machine("test")["state"], "saved")
        self.screenshot(page, "maintenance")
        row.get_by_role("button", name="Have test leave maintenance").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Leave maintenance").click()
        expect(row).not_to_contain_text("aintenance since")
        wait_until(lambda: self.admin.machine("test")["state"] == "running", "the machine to go on")
