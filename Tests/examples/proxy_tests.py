# SPDX-License-Identifier: Apache-2.0
"""Each example of a proxy, run in front of a daemon."""
import concurrent.futures
import json
import os
import re
import shutil
import socket
import threading
import time
import unittest

from gate import ProxiedGateway, find
from harness.gateway import PASSWORD
from harness.gateway import Client as GatewayClient
from harness.places import wait_until
from proxies import Apache, Caddy, HAProxy, Nginx, Passthrough
from wire import NAME, Client

MEBIBYTE = 1 << 20


class TextSource:
    """A serial line that sends back what it gets, a flipped bit in each byte."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def answer(payload):
        return payload.translate(bytes(value ^ 1 for value in range(256)))

    def _serve(self, connection):
        with connection:
            try:
                while payload := connection.recv(65_536):
                    connection.sendall(self.answer(payload))
            except OSError:
                pass

    def stop(self):
        # A close alone leaves the thread in `accept`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Behind:
    """What must work behind any of them."""

    proxy_class = None

    @classmethod
    def setUpClass(cls):
        for program in (cls.proxy_class.program, "openssl"):
            if find(program) is None:
                raise unittest.SkipTest(f"{program} is not installed")
        cls.source = TextSource()
        cls.addClassCleanup(cls.source.stop)
        cls.proxy = cls.proxy_class()
        cls.addClassCleanup(cls.proxy.stop)
        cls.gateway = ProxiedGateway(
            cls.proxy.gateway_example, cls.proxy.port, cls.source.port, cls.proxy.gateway_more)
        cls.addClassCleanup(shutil.rmtree, cls.gateway.directory, True)
        cls.addClassCleanup(cls.gateway.stop)
        cls.proxy.prepare(cls.gateway)
        cls.gateway.start()
        cls.gateway.add_user("admin", "--superuser")
        cls.proxy.start()
        admin = Client(cls.proxy.port, cls.proxy.authority)
        admin.call("session.login", name="admin", password=PASSWORD)
        cls.cookie = admin.cookie

    def client(self, signed_in=False):
        """Somebody new, or another window of the administrator."""
        client = Client(self.proxy.port, self.proxy.authority)
        if signed_in:
            client.cookie = self.cookie
        return client

    def line(self, client):
        return wait_until(lambda: client.call("machine.list")["machines"], "the machine with a text console")[0]["id"]

    def test_its_own_check_says_nothing(self):
        status, said = self.proxy.verdict()
        self.assertEqual(status, 0, said)
        self.assertNotRegex(said, r"(?i)\[?\bwarn(ing)?\b|\"level\":\"warn\"|notice.*deprecated")

    def test_pages_come_as_they_are(self):
        page = self.client().request("GET", "/")
        self.assertEqual(page.status, 200)
        self.assertIn(b"<title>Gatehouse", page.body)
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        script = self.client().request("GET", "/app.js")
        self.assertEqual((script.status, "javascript" in script.headers["Content-Type"]), (200, True))

    def test_a_user_signs_in_from_the_public_address_alone(self):
        client = self.client(signed_in=True)
        self.assertRegex(client.cookie, "^__Host-gatehouse=.")
        self.assertEqual(client.call("session.current")["user"]["name"], "admin")
        strange = client.post("session.current", headers={"Origin": "https://other.example.org"})
        self.assertEqual(strange.status, 403)
        self.assertIn("publicOrigins", strange.body.decode())

    def test_events_arrive_at_once(self):
        client = self.client(signed_in=True)
        machine = self.line(client)
        events = client.events()
        self.assertIn("serverTime", events.next("ready"))
        times = []
        for number in range(5):
            begin = time.monotonic()
            # What tells it is another connection; the stream has to bring it by itself.
            client.call("machine.setNotes", machine=machine, notes=f"note {number} {begin}")
            events.next("machine.changed")
            times.append(time.monotonic() - begin)
            time.sleep(0.1)
        events.close()
        self.assertLess(max(times), 1.0, f"{times}")

    def test_a_stream_that_is_left_ends_at_the_daemon(self):
        client = self.client(signed_in=True)
        machine = self.line(client)
        before = self.listeners()
        events = client.events()
        events.next("ready")
        self.assertEqual(self.listeners(), before + 1)
        events.close()

        def has_ended():
            # The daemon notices when it has something to say.
            client.call("machine.setNotes", machine=machine, notes=f"left {time.monotonic()}")
            return self.listeners() == before

        wait_until(has_ended, "the daemon to let go of the stream", 10, step=0.5)

    def listeners(self):
        return int(re.search(r"(?m)^gatehouse_event_listeners (\d+)$", self.metrics()).group(1))

    def metrics(self):
        """The daemon's own page, read without the proxy as an administrator of this host may."""
        headers = {"Origin": f"https://{NAME}:{self.proxy.port}"}
        if not self.proxy.tells_addresses:
            headers["Cookie"] = self.client(signed_in=True).cookie
        status, text = GatewayClient(self.gateway.origin).request("GET", "/metrics", **headers)
        self.assertEqual(status, 200, text)
        return text

    def test_a_console_carries_bytes_both_ways(self):
        client = self.client(signed_in=True)
        console = client.console(self.line(client))
        every = bytes(range(256))
        console.send(every)
        self.assertEqual(console.read(256), TextSource.answer(every))
        console.send(b"at once")
        self.assertEqual(console.read(7), TextSource.answer(b"at once"))
        much = os.urandom(32_768)
        for _ in range(32):
            console.send(much)
            self.assertEqual(console.read(len(much)), TextSource.answer(much))
        console.close()

    def test_a_console_answers_each_key(self):
        client = self.client(signed_in=True)
        console = client.console(self.line(client))
        times = []
        for _ in range(50):
            begin = time.monotonic()
            console.send(b"k")
            console.read(1)
            times.append(time.monotonic() - begin)
        console.close()
        # Collected output shows as a delay of tens of milliseconds.
        self.assertLess(sorted(times)[25], 0.02, f"{times}")

    def test_the_address_of_the_client_arrives(self):
        client = self.client()
        answer = client.post(
            "session.login", headers={"X-Forwarded-For": "203.0.113.9"}, name="admin", password=PASSWORD)
        client.cookie = answer.headers["Set-Cookie"].split(";")[0]
        address = client.call("session.current")["session"]["address"]
        self.assertEqual(address, client.source if self.proxy.tells_addresses else "127.0.0.1")

    def test_strangers_get_no_metrics(self):
        answer = self.client().request("GET", "/metrics", **{"X-Forwarded-For": "127.0.0.1"})
        self.assertEqual(answer.status, 403)
        self.assertIn("gatehouse_sessions", self.metrics())

    def test_long_bodies_pass_and_longer_ones_are_refused(self):
        client = self.client(signed_in=True)
        good = client.post("session.current", padding=MEBIBYTE // 2)
        self.assertIn("result", json.loads(good.body))
        long = client.post("session.current", padding=MEBIBYTE)
        self.assertEqual(long.status, 413)
        self.assertIn("at most", json.loads(long.body)["error"]["message"])
        # The proxy may pass it on or not; the client hears why either way.
        for _ in range(5):
            self.assertEqual(client.post("session.current", padding=8 * MEBIBYTE).status, 413)
        self.assertEqual(client.call("session.current")["user"]["name"], "admin")

    def test_a_daemon_that_comes_back_is_served_at_once(self):
        client = self.client(signed_in=True)

        def status():
            try:
                return client.request("GET", "/").status
            except OSError:
                self.assertFalse(self.proxy.tells_addresses, "a proxy that speaks HTTP answers")
                return 502

        def statuses():
            # Many, for a server of several processes may remember in each that nobody was there.
            with concurrent.futures.ThreadPoolExecutor(10) as pool:
                return set(pool.map(lambda _: status(), range(20)))

        self.gateway.stop()
        self.assertLessEqual(statuses(), {502, 503, 504})
        self.gateway.start()
        self.assertEqual(statuses(), {200})
        self.assertEqual(client.call("session.current")["user"]["name"], "admin")

    @unittest.skipUnless(os.environ.get("LONG"), "takes two minutes; set LONG=1")
    def test_quiet_consoles_and_streams_stay_open(self):
        client = self.client(signed_in=True)
        events = client.events()
        events.next("ready")
        console = client.console(self.line(client))
        console.wait_quietly(110)
        console.send(b"still")
        self.assertEqual(console.read(5), TextSource.answer(b"still"))
        self.assertGreaterEqual(console.pings, 4)
        console.close()
        client.call("machine.setNotes", machine=self.line(client), notes=f"quiet {time.monotonic()}")
        events.next("machine.changed")
        events.close()


class BehindHTTP(Behind):
    """What must work where the proxy holds the certificate."""

    def test_plain_http_leads_to_https(self):
        with socket.create_connection(("127.0.0.1", self.proxy.plain_port), 10) as plain:
            plain.sendall(f"GET /login HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            head = plain.makefile("rb").read(2000).decode(errors="replace")
        self.assertRegex(head, r"^HTTP/1\.[01] 30[18] ")
        self.assertRegex(head, rf"(?im)^location: https://{re.escape(NAME)}(:\d+)?/login\r$")


class NginxTests(BehindHTTP, unittest.TestCase):
    proxy_class = Nginx


class ApacheTests(BehindHTTP, unittest.TestCase):
    proxy_class = Apache


class HAProxyTests(BehindHTTP, unittest.TestCase):
    proxy_class = HAProxy


class PassthroughTests(Behind, unittest.TestCase):
    proxy_class = Passthrough


class CaddyTests(BehindHTTP, unittest.TestCase):
    proxy_class = Caddy
