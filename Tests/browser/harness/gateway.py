# SPDX-License-Identifier: Apache-2.0
"""The built daemon, on a free port and in a directory of its own."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from harness.places import COMMAND, DAEMON, PRODUCTS, ROOT, STAGE_PLUGINS, wait_until

PASSWORD = "correct horse battery 7"


class CallFailed(Exception):
    """An error that the API answered; `word` is its code."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.word = error.get("data", {}).get("code")


class Gateway:
    """One daemon with an empty database.

    `nodes` has a libvirt address, or the list of a static node, for each name. `plugins` are the rows of its
    plugin table; with any, or none in a list, the plugins that come with Gatehouse are in its folder.
    """

    # Those that run, so that the end of the tests is theirs too.
    running = []

    def __init__(self, nodes, tls="selfSigned", limits=None, plugins=None):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gh-"))
        self.port = free_port()
        self.origin = f"{'http' if tls == 'off' else 'https'}://127.0.0.1:{self.port}"
        self.socket = self.directory / "run" / "gatehouse.sock"
        self.log = self.directory / "gatehoused.log"
        self.configuration = self.directory / "gatehouse.yaml"
        self.plugin_folder = self.directory / "plugins"
        self.process = None
        # One address stands for many users here, and each page is some sixty files.
        self._write_configuration(nodes, tls, {"requestsPerMinutePerAddress": 100_000, **(limits or {})}, plugins)
        if plugins is not None:
            self.stage()

    def _write_configuration(self, nodes, tls, limits, plugins):
        configuration = {
            "listen": {"address": "127.0.0.1", "port": self.port, "tls": tls},
            "dataDirectory": f"{self.directory}/data",
            "runDirectory": f"{self.directory}/run",
            "webDirectory": f"{ROOT}/www",
            "nodes": [
                {"name": name, ("uri" if isinstance(value, str) else "static"): value}
                for name, value in nodes.items()
            ],
            "limits": limits,
            **({} if plugins is None else {"plugins": {"search": [f"{self.plugin_folder}"], "table": plugins}}),
        }
        # JSON is YAML too.
        self.configuration.write_text(json.dumps(configuration, indent=2) + "\n")

    def stage(self, *sources):
        """Puts plugins into the daemon's folder, ready to run: those of `sources`, or all of Gatehouse's own."""
        done = subprocess.run(
            [str(STAGE_PLUGINS), str(PRODUCTS), str(self.plugin_folder), *map(str, sources)],
            capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"stage-plugins failed: {done.stderr.strip()}")

    def start(self):
        self.start_unwaited()
        wait_until(self._answers, "gatehoused to answer", 30)

    def start_unwaited(self):
        """Starts the daemon, which does not answer yet."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(DAEMON), "--config", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        Gateway.running.append(self)

    def stop(self):
        """Ends the daemon as a service manager would; returns the seconds that took."""
        if self in Gateway.running:
            Gateway.running.remove(self)
        if self.process is None or self.process.poll() is not None:
            return 0.0
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("gatehoused did not end within 15 s of SIGTERM") from None
        return time.monotonic() - start

    def command(self, *arguments, stdin=""):
        """Runs the command line against this daemon and returns what it prints."""
        done = subprocess.run(
            [str(COMMAND), *arguments], env={**os.environ, "GATEHOUSE_SOCKET": str(self.socket)}, input=stdin, capture_output=True,
            text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"gatehouse {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def setup_link(self):
        found = re.search(r"https?://\S+/setup#token=\S+", self.command("setup-link"))
        if not found:
            raise AssertionError("gatehouse setup-link printed no link")
        # The link names the address that users know; this daemon is reached by its own.
        return re.sub(r"^https?://[^/]+", self.origin, found.group())

    def add_user(self, name, *options):
        self.command("user", "add", name, *options, "--password-stdin", stdin=PASSWORD + "\n")

    def client(self, name):
        """A signed-in client of the API."""
        client = Client(self.origin)
        client.call("session.login", name=name, password=PASSWORD)
        return client

    def log_text(self):
        return self.log.read_text(errors="replace")

    def check_alive(self):
        """Fails with the first words of what went wrong when the daemon is gone."""
        if self.process.poll() is not None:
            log = self.log_text()
            start = max(0, log.find("Fatal error") - 100)
            raise AssertionError(f"gatehoused ended with {self.process.returncode}:\n{log[start:start + 1500]}")

    def _answers(self):
        self.check_alive()
        try:
            return Client(self.origin).call("setup.status") is not None
        except (OSError, http.client.HTTPException):
            return False


class Client:
    """A script's view: JSON-RPC over HTTPS with a session cookie."""

    def __init__(self, origin):
        self.origin = origin
        self.cookie = None
        self._last_id = 0

    def call(self, method, **parameters):
        self._last_id += 1
        body = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": parameters}
        headers = {"Content-Type": "application/json", "Origin": self.origin}
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection = self._connection()
        try:
            connection.request("POST", "/api", json.dumps(body), headers)
            answer = connection.getresponse()
            cookie = answer.getheader("Set-Cookie")
            if cookie:
                self.cookie = cookie.split(";")[0]
            reply = json.loads(answer.read())
        finally:
            connection.close()
        if "error" in reply:
            raise CallFailed(reply["error"])
        return reply["result"]

    def request(self, method, path, body=None, **headers):
        """A request outside of the API, without the session; returns the status and the text."""
        connection = self._connection()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def plugin(self, name):
        """The plugin of that name, or None where there is none."""
        return next((p for p in self.call("plugin.list")["plugins"] if p["name"] == name), None)

    def _connection(self):
        scheme, _, place = self.origin.partition("://")
        if scheme == "http":
            return http.client.HTTPConnection(place, timeout=30)
        # The certificate is self-signed; this client only ever talks to the loopback address.
        trust = ssl.create_default_context()
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(place, timeout=30, context=trust)

    def machine(self, name):
        """The machine of that name, or None where this user sees none."""
        return next((m for m in self.call("machine.list")["machines"] if m["name"] == name), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
