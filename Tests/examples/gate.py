# SPDX-License-Identifier: Apache-2.0
"""The daemon as an example configures it, and a certificate for its public name."""
import http.client
import os
import re
import shutil
import subprocess

from harness.gateway import Client, Gateway
from harness.places import ROOT
from wire import NAME

EXAMPLES = ROOT / "packaging" / "examples"


def find(program):
    """The program's path, or None; servers are not in everybody's PATH."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def rewritten(text, changes):
    """The text with each pattern replaced; one that is not there fails, for then the test no longer fits."""
    for pattern, new in changes:
        text, count = re.subn(pattern, lambda _, new=new: new, text, flags=re.MULTILINE)
        if count == 0:
            raise AssertionError(f"the example holds no {pattern!r}")
    return text


class Certificate:
    """A key pair for gate.example.org that signs itself."""

    def __init__(self, directory):
        self.certificate = directory / "certificate.pem"
        self.key = directory / "key.pem"
        subprocess.run(
            [find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
             "-out", str(self.certificate), "-keyout", str(self.key)],
            check=True, capture_output=True, timeout=30)


class ProxiedGateway(Gateway):
    """A daemon with what an example for its configuration says, but for ports and the public address."""

    def __init__(self, example, public_port, text_port, more="", changes=()):
        self._example = example
        self._public_port = public_port
        self._more = more
        self._changes = changes
        super().__init__({"lines": [{"name": "line", "text": f"127.0.0.1:{text_port}"}]})
        self.is_tls = "tls: off" not in self.configuration.read_text()
        self.origin = f"{'https' if self.is_tls else 'http'}://127.0.0.1:{self.port}"

    def _write_configuration(self, nodes, tls, limits, plugins):
        super()._write_configuration(nodes, tls, limits, plugins)
        kept = [
            line for line in self.configuration.read_text().splitlines()
            if re.match(r'^  "(dataDirectory|runDirectory|webDirectory)"', line)
        ]
        (machine,) = nodes["lines"]
        text = rewritten((EXAMPLES / self._example).read_text(), [
            (r"port: \d+", f"port: {self.port}"),
            (rf'"https://{re.escape(NAME)}"', f'"https://{NAME}:{self._public_port}"'), *self._changes,
        ])
        text += "".join(line.strip().rstrip(",").replace('"', "", 2) + "\n" for line in kept)
        text += f'nodes: [{{ name: lines, static: [{{ name: line, text: "{machine["text"]}" }}] }}]\n'
        text += "limits: { requestsPerMinutePerAddress: 100000 }\n" + self._more
        self.configuration.write_text(text)

    def _answers(self):
        """Asks what needs no origin: this address is not the public one."""
        self.check_alive()
        try:
            return Client(self.origin).request("GET", "/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    @property
    def certificate(self):
        return self.directory / "data" / "tls" / "certificate.pem"
