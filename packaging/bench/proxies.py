# SPDX-License-Identifier: Apache-2.0
"""What is measured: no proxy, websockify, Gatehouse. Each leads to the two sources, a plain one and an RFB one."""
import http.client
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "browser"))

from harness.gateway import Gateway, free_port  # noqa: E402
from harness.places import wait_until  # noqa: E402


class Sources:
    """The two console sources: `text` does what its client asks for, `vnc` does too after the RFB handshake."""

    def __init__(self, load):
        self.ports = {"text": free_port(), "vnc": free_port()}
        self._processes = [
            subprocess.Popen([load, "serve", str(self.ports["text"])]),
            subprocess.Popen([load, "serve", str(self.ports["vnc"]), "--rfb"]),
        ]
        for port in self.ports.values():
            wait_until(lambda port=port: is_listening(port), "the sources to listen", step=0.01)

    def stop(self):
        for process in self._processes:
            process.terminate()
            process.wait()


class Certificate:
    """One key pair for every proxy, so that all do the same work."""

    def __init__(self, directory):
        self.certificate = str(directory / "certificate.pem")
        self.key = str(directory / "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-out", self.certificate,
             "-keyout", self.key],
            check=True, capture_output=True)


class Straight:
    """No proxy: what the host could do at best."""

    name, protocol, pid = "no proxy", "tcp", None

    def __init__(self, sources):
        self._sources = sources

    def start(self, consoles):
        pass

    def targets(self, count, kind="text", first=0):
        return [f"tcp://127.0.0.1:{self._sources.ports[kind]}"] * count

    def stop(self):
        pass


class Websockify:
    """The usual proxy. It knows one source, so there is one process for each."""

    name = "websockify"

    def __init__(self, sources, certificate=None):
        self.protocol = "wss" if certificate else "ws"
        self._sources = sources
        self._options = []
        if certificate:
            self._options = ["--ssl-only", "--cert", certificate.certificate, "--key", certificate.key]
        self._processes = {}
        self._ports = {}

    def start(self, consoles):
        for kind, port in self._sources.ports.items():
            self._ports[kind] = free_port()
            self._processes[kind] = subprocess.Popen(
                ["websockify", *self._options, f"127.0.0.1:{self._ports[kind]}", f"127.0.0.1:{port}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for port in self._ports.values():
            wait_until(lambda port=port: is_listening(port), "websockify to listen", step=0.01)

    @property
    def pid(self):
        return self._processes["text"].pid

    def targets(self, count, kind="text", first=0):
        return [f"{self.protocol}://127.0.0.1:{self._ports[kind]}/\tSec-WebSocket-Protocol: binary"] * count

    def stop(self):
        for process in self._processes.values():
            process.terminate()
            process.wait()
        self._processes = {}


class Gatehouse:
    """Ours. Every connection is the console of another machine, for a console has one holder."""

    name = "Gatehouse"

    def __init__(self, sources, certificate=None):
        self.protocol = "wss" if certificate else "ws"
        self.call_times = []
        self._sources = sources
        self._certificate = certificate
        self._gateway = None
        self._caller = None

    def start(self, consoles):
        places = {kind: f"127.0.0.1:{port}" for kind, port in self._sources.ports.items()}
        machines = [{"name": f"bench-{number}", **places} for number in range(consoles)]
        tls = "off"
        if self._certificate:
            tls = {"certificate": self._certificate.certificate, "key": self._certificate.key}
        limits = {
            "consolesPerUser": max(32, consoles), "requestsPerMinutePerAddress": 1_000_000,
            "consoleTicketSeconds": 300,
        }
        self._gateway = Gateway({"bench": machines}, tls=tls, limits=limits)
        self._gateway.start()
        self._gateway.add_user("admin", "--superuser")
        client = self._gateway.client("admin")
        self._caller = Caller(self._gateway, client.cookie, tls != "off")
        found = wait_until(lambda: self._machines(client, consoles), "the machines of the static node")
        self._ids = [machine["id"] for machine in found]

    @staticmethod
    def _machines(client, count):
        machines = client.call("machine.list")["machines"]
        return machines if len(machines) == count else None

    @property
    def pid(self):
        return self._gateway.process.pid

    def targets(self, count, kind="text", first=0):
        """Takes a ticket for each, and notes how long that took."""
        return [self._target(number, kind) for number in range(first, first + count)]

    def _target(self, number, kind):
        start = time.perf_counter()
        opened = self._caller.call("console.open", machine=self._ids[number], type=kind, takeover=True)
        self.call_times.append((time.perf_counter() - start) * 1e3)
        return "\t".join([
            f"{self.protocol}://127.0.0.1:{self._gateway.port}{opened['path']}",
            f"Sec-WebSocket-Protocol: binary, ticket.{opened['ticket']}",
            f"Origin: {self._gateway.origin}",
            f"Cookie: {self._caller.cookie}",
        ])

    def stop(self):
        if self._gateway:
            if self._caller and self._gateway.process.poll() is not None:
                print(f"gatehoused ended by itself:\n{self._gateway.log_text()[:4000]}", file=sys.stderr)
            self._gateway.stop()
            shutil.rmtree(self._gateway.directory, ignore_errors=True)
            self._gateway = None


class Caller:
    """The API over one connection that stays open, as a browser's does."""

    def __init__(self, gateway, cookie, is_private):
        self.cookie = cookie
        self._headers = {"Content-Type": "application/json", "Origin": gateway.origin, "Cookie": cookie}
        if is_private:
            # The certificate is self-signed; this client only ever talks to the loopback address.
            trust = ssl.create_default_context()
            trust.check_hostname = False
            trust.verify_mode = ssl.CERT_NONE
            self._connection = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=30, context=trust)
        else:
            self._connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)

    def call(self, method, **parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        self._connection.request("POST", "/api", body, self._headers)
        reply = json.loads(self._connection.getresponse().read())
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return reply["result"]


def is_listening(port):
    """Whether something listens there, without connecting to it."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    return wanted in pathlib.Path("/proc/net/tcp").read_text()


def tree(pid):
    """A process and all below it."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for known in found:
        found += children.get(known, [])
    return found


def processor_seconds(pid):
    """What a process, all below it, and those of them that ended have used."""
    ticks = 0
    for each in tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_kib(pid):
    """The memory of a process and all below it; what several share counts once (PSS).

    Without pages of files, such as the programs: the host drops and reads those as it likes.
    """
    total = 0
    for each in tree(pid):
        try:
            text = pathlib.Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss_Anon:")), 0)
    return total
