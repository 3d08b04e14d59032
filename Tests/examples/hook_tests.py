# SPDX-License-Identifier: Apache-2.0
"""The hook for certbot and lego, called as they call it, and a daemon that takes what it copies."""
import grp
import http.client
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import unittest

from gate import EXAMPLES, Certificate, ProxiedGateway, find
from harness.places import wait_until
from wire import NAME, Client


class HookTests(unittest.TestCase):
    """Files in a directory of certbot's form: names that lead to numbered files in another."""

    def setUp(self):
        if find("openssl") is None:
            self.skipTest("openssl is not installed")
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="gh-acme-"))
        self.addCleanup(shutil.rmtree, self.place, True)
        self.target = self.place / "tls"
        self.lineage = self.place / "live" / NAME
        self.lineage.mkdir(parents=True)
        # As root the group of the files shows that it was set; anybody else has but his own.
        self.group = "nogroup" if os.geteuid() == 0 else grp.getgrgid(os.getegid()).gr_name

    def renew(self, number):
        """Makes another certificate; returns it in PEM."""
        archive = self.place / "archive" / str(number)
        archive.mkdir(parents=True)
        made = Certificate(archive)
        for name, file in (("fullchain.pem", made.certificate), ("privkey.pem", made.key)):
            (self.lineage / name).unlink(missing_ok=True)
            (self.lineage / name).symlink_to(file)
        return made.certificate.read_text()

    def run_hook(self, **variables):
        environment = {
            "PATH": os.environ["PATH"], "GATEHOUSE_TLS_DIRECTORY": str(self.target), "GATEHOUSE_GROUP": self.group}
        return subprocess.run(
            [str(EXAMPLES / "acme-hook")], env={**environment, **variables}, capture_output=True, text=True,
            timeout=20, check=False)

    def call_as_certbot(self):
        done = self.run_hook(RENEWED_LINEAGE=str(self.lineage), RENEWED_DOMAINS=NAME)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_files_are_copied_with_a_closed_key(self):
        text = self.renew(1)
        self.call_as_certbot()
        certificate, key = self.target / "certificate.pem", self.target / "key.pem"
        self.assertEqual(certificate.read_text(), text)
        self.assertEqual(key.read_text(), (self.lineage / "privkey.pem").read_text())
        self.assertFalse(certificate.is_symlink() or key.is_symlink())
        modes = [path.stat().st_mode & 0o7777 for path in (self.target, certificate, key)]
        self.assertEqual([oct(mode) for mode in modes], ["0o750", "0o644", "0o640"])
        for path in (self.target, certificate, key):
            self.assertEqual((path.stat().st_uid, path.group()), (os.geteuid(), self.group))
        self.assertEqual(sorted(path.name for path in self.target.iterdir()), ["certificate.pem", "key.pem"])

    def test_lego_is_understood_too(self):
        text = self.renew(1)
        done = self.run_hook(
            LEGO_CERT_PATH=str(self.lineage / "fullchain.pem"), LEGO_CERT_KEY_PATH=str(self.lineage / "privkey.pem"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.target / "certificate.pem").read_text(), text)

    def test_called_by_nobody_it_says_how(self):
        done = self.run_hook()
        self.assertEqual(done.returncode, 2)
        self.assertIn("RENEWED_LINEAGE=", done.stderr)
        self.assertFalse(self.target.exists())

    def test_a_missing_file_leaves_the_old_pair(self):
        text = self.renew(1)
        self.call_as_certbot()
        key = (self.target / "key.pem").read_text()
        (self.lineage / "privkey.pem").unlink()
        self.assertNotEqual(self.run_hook(RENEWED_LINEAGE=str(self.lineage)).returncode, 0)
        self.assertEqual((self.target / "certificate.pem").read_text(), text)
        self.assertEqual((self.target / "key.pem").read_text(), key)
        self.assertEqual(len(list(self.target.iterdir())), 2)

    def test_a_running_daemon_takes_the_new_certificate_by_itself(self):
        """Takes up to a minute, for the daemon looks once in that time."""
        first = self.renew(1)
        self.call_as_certbot()
        files = f"{{ certificate: {self.target}/certificate.pem, key: {self.target}/key.pem }}"
        gateway = ProxiedGateway(
            "behind-passthrough.yaml", public_port=8443, text_port=1, changes=[("tls: selfSigned", f"tls: {files}")])
        self.addCleanup(shutil.rmtree, gateway.directory, True)
        self.addCleanup(gateway.stop)
        gateway.start()

        def shown():
            return ssl.get_server_certificate(("127.0.0.1", gateway.port), timeout=10)

        self.assertEqual(shown().strip(), first.strip())
        # What is connected before stays so.
        before = http.client.HTTPConnection(NAME)
        before.sock = Client(gateway.port, self.target / "certificate.pem", "127.0.0.1").connect()
        self.addCleanup(before.close)
        second = self.renew(2)
        self.call_as_certbot()

        def has_changed():
            before.request("GET", "/healthz")
            self.assertEqual(before.getresponse().read(), b"ok\n")
            return shown().strip() == second.strip()

        wait_until(has_changed, "the daemon to show the new certificate", 75, step=1)
