# SPDX-License-Identifier: Apache-2.0
"""The examples of what watches Gatehouse, with a real Prometheus where there is one."""
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

from gate import EXAMPLES, ProxiedGateway, find, rewritten
from harness.gateway import PASSWORD, free_port
from harness.places import ROOT, wait_until
from wire import NAME, Client

DASHBOARD = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
METRIC = re.compile(r"\b(?:gatehouse|process)_[a-z_]+\b")


def expressions():
    """Every expression of the dashboard, with what Grafana would put in for its variables."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*")


class WatchedGateway:
    """A daemon that does TLS itself, with an administrator; `metrics` is what it tells."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = ProxiedGateway(
            "behind-passthrough.yaml", public_port=8443, text_port=1, changes=[
                (r"^metrics: .*$", 'metrics: { allow: ["127.0.0.1"] }'),
            ])
        cls.addClassCleanup(shutil.rmtree, cls.gateway.directory, True)
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()
        cls.gateway.add_user("admin", "--superuser")

    def client(self):
        return Client(self.gateway.port, self.gateway.certificate, "127.0.0.1", public_port=8443)

    def metrics(self):
        answer = self.client().request("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        return answer.body.decode()


class NameTests(WatchedGateway, unittest.TestCase):
    """Names in the examples against those of a running daemon."""

    def given(self):
        return set(re.findall(r"(?m)^# TYPE (\w+) ", self.metrics()))

    def test_rules_and_dashboard_name_only_metrics_that_there_are(self):
        for example in ("alerts.yml", "grafana-dashboard.json", "prometheus.yml"):
            named = set(METRIC.findall((EXAMPLES / example).read_text()))
            self.assertLessEqual(named, self.given(), example)
        self.assertGreater(len(METRIC.findall((EXAMPLES / "alerts.yml").read_text())), 5)

    def test_the_dashboard_shows_all_that_there_are(self):
        shown = {name for _, text in expressions() for name in METRIC.findall(text)}
        self.assertEqual(shown, self.given())

    def test_outcomes_and_states_of_the_rules_exist(self):
        text = (EXAMPLES / "alerts.yml").read_text()
        codes = (ROOT / "Sources" / "Model" / "GatehouseError.swift").read_text()
        for group in re.findall(r'outcome=~?"([^"]+)"', text):
            for outcome in group.split("|"):
                self.assertRegex(codes, rf"case `?{outcome}`?\n")
        page = self.metrics()
        for state in re.findall(r'state="([^"]+)"', text):
            self.assertIn(f'gatehouse_nodes{{state="{state}"}}', page)


class DashboardTests(unittest.TestCase):
    """The form of the dashboard, as far as it can be told without Grafana."""

    def test_panels_have_their_own_ids_and_places(self):
        panels = DASHBOARD["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    def test_every_variable_is_defined(self):
        defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)\}?", json.dumps(DASHBOARD["panels"]))) - {"__rate_interval"}
        self.assertEqual(used, defined)

    def test_every_panel_says_what_it_shows_and_asks_something(self):
        for panel in DASHBOARD["panels"]:
            self.assertTrue(panel["title"] and panel["targets"], panel["id"])
            self.assertTrue(panel["fieldConfig"]["defaults"]["unit"], panel["title"])
            names = [target["refId"] for target in panel["targets"]]
            self.assertEqual(len(set(names)), len(names), panel["title"])


class RuleTests(unittest.TestCase):
    """Prometheus' own checks."""

    @classmethod
    def setUpClass(cls):
        if find("promtool") is None:
            raise unittest.SkipTest("promtool (package prometheus) is not installed")

    def promtool(self, *arguments):
        done = subprocess.run(
            [find("promtool"), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_rules_are_good(self):
        self.promtool("check", "rules", EXAMPLES / "alerts.yml")

    def test_the_configuration_is_good(self):
        with tempfile.TemporaryDirectory(prefix="gh-prom-") as place:
            # promtool looks for the files that a configuration names.
            pathlib.Path(place, "gatehouse.pem").touch()
            shutil.copy(EXAMPLES / "alerts.yml", place)
            text = rewritten((EXAMPLES / "prometheus.yml").read_text(), [(r"/etc/prometheus/", f"{place}/")])
            pathlib.Path(place, "prometheus.yml").write_text(text)
            self.promtool("check", "config", f"{place}/prometheus.yml")

    def test_each_alert_goes_off_when_it_should_and_only_then(self):
        tests = ROOT / "Tests" / "examples" / "alerts_test.yml"
        names = re.findall(r"- alert: (\w+)", (EXAMPLES / "alerts.yml").read_text())
        for name in names:
            self.assertEqual(tests.read_text().count(f"alertname: {name}"), 2, name)
        self.promtool("test", "rules", tests)


class PrometheusTests(WatchedGateway, unittest.TestCase):
    """A Prometheus that runs from the example and asks the daemon over its TLS."""

    @classmethod
    def setUpClass(cls):
        if find("prometheus") is None:
            raise unittest.SkipTest("prometheus is not installed")
        super().setUpClass()
        cls.directory = pathlib.Path(tempfile.mkdtemp(prefix="gh-prom-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.port = free_port()
        text = rewritten((EXAMPLES / "prometheus.yml").read_text(), [
            (r"scrape_interval: 15s", "scrape_interval: 1s"),
            (r"/etc/prometheus/gatehouse.pem", str(cls.gateway.certificate)),
            # The name leads nowhere here; it still has to be the one in the certificate.
            (rf"{re.escape(NAME)}:8443", f"127.0.0.1:{cls.gateway.port}"),
            (r"^( +)tls_config:$", f"    tls_config:\n      server_name: {NAME}"),
        ])
        (cls.directory / "prometheus.yml").write_text("global: { evaluation_interval: 1s }\n" + text)
        shutil.copy(EXAMPLES / "alerts.yml", cls.directory)
        cls.log = (cls.directory / "log").open("ab")
        cls.addClassCleanup(cls.log.close)
        cls.process = subprocess.Popen(
            [find("prometheus"), f"--config.file={cls.directory}/prometheus.yml",
             f"--storage.tsdb.path={cls.directory}/data", f"--web.listen-address=127.0.0.1:{cls.port}"],
            stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)
        cls.addClassCleanup(cls.end_prometheus)

    @classmethod
    def end_prometheus(cls):
        cls.process.terminate()
        try:
            cls.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            cls.process.kill()
            cls.process.wait()

    def ask(self, path, **parameters):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"{path}?{urllib.parse.urlencode(parameters)}")
            reply = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        self.assertEqual(reply["status"], "success", f"{parameters}: {reply}")
        return reply["data"]

    def values(self, expression):
        return self.ask("/api/v1/query", query=expression)["result"]

    def test_it_gets_the_metrics_and_every_panel_has_something_to_show(self):
        def is_up():
            with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
                return [v["value"][1] for v in self.values('up{job="gatehouse"}')] == ["1"]
            return False

        wait_until(is_up, "Prometheus to get the metrics", 30)
        client = self.client()
        client.call("session.login", name="admin", password=PASSWORD)

        def empty():
            client.call("session.current")
            return [f"{title}: {text}" for title, text in expressions() if not self.values(text)]

        try:
            wait_until(lambda: not empty(), "values for every panel", 20, step=0.5)
        except AssertionError:
            self.fail(f"nothing to show: {empty()}")

    def test_its_rules_are_evaluated(self):
        def rules():
            with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
                found = [rule for group in self.ask("/api/v1/rules")["groups"] for rule in group["rules"]]
                return found if found and all(rule["health"] != "unknown" for rule in found) else None
            return None

        found = wait_until(rules, "the rules to be evaluated", 30)
        self.assertEqual([rule["name"] for rule in found if rule["health"] != "ok"], [])
        names = re.findall(r"- alert: (\w+)", (EXAMPLES / "alerts.yml").read_text())
        self.assertEqual([rule["name"] for rule in found], names)
