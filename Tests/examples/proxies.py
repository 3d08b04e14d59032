# SPDX-License-Identifier: Apache-2.0
"""The proxies of packaging/examples, each run from its example with other ports and paths."""
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile

from gate import EXAMPLES, Certificate, find, rewritten
from harness.gateway import free_port
from harness.places import wait_until
from wire import NAME

IS_ROOT = os.geteuid() == 0


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


class Proxy:
    """A proxy in the foreground, with a directory of its own that goes with it."""

    program = example = None
    # The daemon's part, and what the test adds to it: the client comes from 127.0.0.2.
    gateway_example = "behind-proxy.yaml"
    gateway_more = 'metrics: { allow: ["127.0.0.1"] }\n'
    tells_addresses = True

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="gh-proxy-"))
        self.port, self.plain_port = free_port(), free_port()
        self.log = self.directory / "proxy.log"
        self._process = None
        if IS_ROOT:
            # Servers give up root, and still have to get at their own files.
            self.directory.chmod(0o755)

    @property
    def authority(self):
        return self.directory / "certificate.pem"

    def prepare(self, gateway):
        """Writes everything that the proxy reads."""
        self.certificate = Certificate(self.directory)
        self.write(gateway)

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                env=self.environment())
        wait_until(self._shakes_hands, f"{self.program} to answer", 20)

    def _shakes_hands(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{self.program} ended with {self._process.returncode}: {self.log_text()[-1500:]}")
        trust = ssl.create_default_context()
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as plain:
                trust.wrap_socket(plain, server_hostname=NAME).close()
            return True
        except OSError:
            return False

    def verdict(self):
        """The exit status of the proxy's own check, and what it says."""
        done = subprocess.run(
            self.check_command(), capture_output=True, text=True, timeout=30, check=False, cwd=self.directory,
            env=self.environment())
        return done.returncode, done.stdout + done.stderr

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def environment(self):
        return {**os.environ, "HOME": str(self.directory), "XDG_DATA_HOME": str(self.directory / "share"),
                "XDG_CONFIG_HOME": str(self.directory / "config")}

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def example_text(self):
        text = (EXAMPLES / self.example).read_text()
        return text if has_ipv6() else re.sub(r"^.*\[::\].*\n", "", text, flags=re.MULTILINE)


class Nginx(Proxy):
    program, example = "nginx", "nginx.conf"

    def write(self, gateway):
        changes = [
            (r"listen 443", f"listen 127.0.0.1:{self.port}"), (r"listen 80", f"listen 127.0.0.1:{self.plain_port}"),
            (r"/etc/ssl/certs/\S+\.pem", str(self.certificate.certificate)),
            (r"/etc/ssl/private/\S+\.key", str(self.certificate.key)),
            (r"127\.0\.0\.1:8080", f"127.0.0.1:{gateway.port}"),
        ]
        if has_ipv6():
            changes += [(r"\[::\]:443", f"[::1]:{self.port}"), (r"\[::\]:80", f"[::1]:{self.plain_port}")]
        (self.directory / "site.conf").write_text(rewritten(self.example_text(), changes))
        places = "".join(
            f"    {kind}_temp_path {self.directory}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.directory / "nginx.conf").write_text(
            f"daemon off;\npid {self.directory}/nginx.pid;\nerror_log stderr;\nworker_processes 1;\nevents {{}}\n"
            f"http {{\n    access_log off;\n    tcp_nopush on;\n    gzip on;\n{places}    include site.conf;\n}}\n")

    def command(self):
        return [find("nginx"), "-p", str(self.directory), "-e", "stderr", "-c", str(self.directory / "nginx.conf")]

    def check_command(self):
        return [*self.command(), "-t"]


class Apache(Proxy):
    program, example = "apache2", "apache.conf"
    modules = pathlib.Path("/etc/apache2")
    # What a2enmod takes along for those that are asked for.
    needed = ("socache_shmcb", "setenvif", "mime")

    def write(self, gateway):
        text = self.example_text()
        wanted = re.search(r"^#\s+a2enmod (.*)$", text, re.MULTILINE)
        if wanted is None:
            raise AssertionError("the example does not say which modules it needs")
        site = rewritten(text, [
            (r"\*:443", f"127.0.0.1:{self.port}"), (r"\*:80", f"127.0.0.1:{self.plain_port}"),
            (r"/etc/ssl/certs/\S+\.pem", str(self.certificate.certificate)),
            (r"/etc/ssl/private/\S+\.key", str(self.certificate.key)),
            (r"127\.0\.0\.1:8080", f"127.0.0.1:{gateway.port}"),
        ])
        (self.directory / "site.conf").write_text(site)
        # Debian's own choice of modules, and those that the example asks for.
        names = wanted[1].split()
        loads = "".join(
            f"IncludeOptional {self.modules}/mods-available/{name}.{kind}\n"
            for kind in ("load", "conf") for name in [*self.needed, *names]
            if not (self.modules / "mods-enabled" / f"{name}.{kind}").exists())
        (self.directory / "apache2.conf").write_text(
            f"ServerRoot {self.directory}\nDefaultRuntimeDir {self.directory}\n"
            "PidFile apache2.pid\nServerName localhost\nErrorLog /dev/stderr\nLogLevel warn\n"
            "User www-data\nGroup www-data\n"
            f"IncludeOptional {self.modules}/mods-enabled/*.load\nIncludeOptional {self.modules}/mods-enabled/*.conf\n"
            f"{loads}Listen 127.0.0.1:{self.port}\nListen 127.0.0.1:{self.plain_port}\n"
            "<Directory />\n    Require all denied\n</Directory>\nInclude site.conf\n")

    def environment(self):
        here = str(self.directory)
        return {**super().environment(), "APACHE_RUN_DIR": here, "APACHE_LOCK_DIR": here, "APACHE_LOG_DIR": here,
                "APACHE_PID_FILE": f"{here}/apache2.pid", "APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data"}

    def command(self):
        here = self.directory
        return [find("apache2"), "-d", str(here), "-f", str(here / "apache2.conf"), "-D", "FOREGROUND"]

    def check_command(self):
        return [*self.command(), "-t"]


class HAProxy(Proxy):
    program, example = "haproxy", "haproxy.cfg"

    def write(self, gateway):
        pair = self.directory / "pair.pem"
        pair.write_text(self.certificate.certificate.read_text() + self.certificate.key.read_text())
        changes = [
            (r"bind :443", f"bind 127.0.0.1:{self.port}"), (r"bind :80", f"bind 127.0.0.1:{self.plain_port}"),
            (r"/etc/haproxy/\S+\.pem", str(pair)), (r"127\.0\.0\.1:8080", f"127.0.0.1:{gateway.port}"),
        ]
        if has_ipv6():
            changes += [(r"\[::\]:443", f"[::1]:{self.port}"), (r"\[::\]:80", f"[::1]:{self.plain_port}")]
        self.write_file(changes)

    def write_file(self, changes):
        if not IS_ROOT:
            # Only root may become somebody else.
            changes = [*changes, (r"^ +(chroot|user|group) .*$", "")]
        (self.directory / "haproxy.cfg").write_text(rewritten(self.example_text(), changes))

    def command(self):
        return [find("haproxy"), "-db", "-f", str(self.directory / "haproxy.cfg")]

    def check_command(self):
        return [find("haproxy"), "-c", "-f", str(self.directory / "haproxy.cfg")]


class Passthrough(HAProxy):
    example = "haproxy-passthrough.cfg"
    gateway_example, gateway_more = "behind-passthrough.yaml", ""
    tells_addresses = False

    def write(self, gateway):
        # The certificate that clients get is the daemon's.
        self.gateway_certificate = gateway.certificate
        changes = [(r"bind :443", f"bind 127.0.0.1:{self.port}"), (r"127\.0\.0\.1:8443", f"127.0.0.1:{gateway.port}")]
        if has_ipv6():
            changes += [(r"\[::\]:443", f"[::1]:{self.port}")]
        self.write_file(changes)

    @property
    def authority(self):
        return self.gateway_certificate


class Caddy(Proxy):
    program, example = "caddy", "Caddyfile"

    def write(self, gateway):
        site = rewritten(self.example_text(), [(r"127\.0\.0\.1:8080", f"127.0.0.1:{gateway.port}")])
        # No authority is asked for a certificate here: Caddy's own makes it.
        (self.directory / "Caddyfile").write_text(
            "{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n"
            f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n"
            f"\tstorage file_system {self.directory}/store\n}}\n{site}")

    @property
    def authority(self):
        path = self.directory / "store" / "pki" / "authorities" / "local" / "root.crt"
        wait_until(path.exists, "Caddy's own authority", 15)
        return path

    def command(self):
        return [find("caddy"), "run", "--adapter", "caddyfile", "--config", str(self.directory / "Caddyfile")]

    def check_command(self):
        return [find("caddy"), "validate", *self.command()[2:]]
