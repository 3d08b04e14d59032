# SPDX-License-Identifier: Apache-2.0
"""A small client: calls of the API, pages, and a console over WebSocket."""
import base64
import http.client
import json
import os
import socket
import ssl
import threading


class Refused(Exception):
    """The API refused a call."""

    def __init__(self, error):
        super().__init__(error.get("message", "?"))
        self.word = (error.get("data") or {}).get("code")


def trusting():
    """TLS without checking who answers: the certificate was made by the daemon itself a moment ago."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One browser."""

    def __init__(self, port=8443, address="127.0.0.1"):
        self.address = address
        self.port = port
        self.cookie = None

    @property
    def origin(self):
        return f"https://{self.address}:{self.port}"

    def request(self, method, path, body=None):
        """Returns the status and the body."""
        connection = http.client.HTTPSConnection(self.address, self.port, timeout=30, context=trusting())
        headers = {"Origin": self.origin}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
        given = response.getheader("Set-Cookie")
        if given:
            self.cookie = given.split(";")[0]
        connection.close()
        return response.status, content

    def call(self, method, **parameters):
        """The result of a method."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        _, content = self.request("POST", "/api", body)
        answer = json.loads(content)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def login(self, name, password):
        return self.call("session.login", name=name, password=password)

    def console(self, machine, kind, takeover=True):
        opened = self.call("console.open", machine=machine, type=kind, takeover=takeover)
        return Console(self, opened["path"], opened["ticket"])


class Console:
    """A console over WebSocket (RFC 6455), as far as this needs it: short binary messages."""

    def __init__(self, client, path, ticket):
        plain = socket.create_connection((client.address, client.port), timeout=30)
        self.socket = trusting().wrap_socket(plain, server_hostname=client.address)
        key = base64.b64encode(os.urandom(16)).decode()
        head = [f"GET {path} HTTP/1.1", f"Host: {client.address}:{client.port}", "Upgrade: websocket",
                "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                f"Sec-WebSocket-Protocol: binary, ticket.{ticket}", f"Origin: {client.origin}",
                f"Cookie: {client.cookie}", "", ""]
        self.socket.sendall("\r\n".join(head).encode())
        self.buffer = b""
        answer = self._until(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n")[0]:
            raise AssertionError(f"the console was refused: {answer!r}")

    def _more(self):
        received = self.socket.recv(65536)
        if not received:
            raise AssertionError("the console's connection has ended")
        self.buffer += received

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        end = self.buffer.index(mark) + len(mark)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def send(self, content):
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
        self.socket.sendall(bytes([0x82, 0x80 | len(content)]) + mask + masked)

    def receive(self):
        """The content of the next binary message; None where the other side closes."""
        while True:
            first, length = self._take(2)
            if length == 126:
                length = int.from_bytes(self._take(2), "big")
            elif length == 127:
                length = int.from_bytes(self._take(8), "big")
            content = self._take(length)
            if first & 0x0F in (1, 2):
                return content
            if first & 0x0F == 8:
                return None

    def close(self):
        self.socket.close()


class Echo:
    """A serial line: gives back what it gets."""

    def __init__(self, port):
        self.server = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            one, _ = self.server.accept()
            threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    @staticmethod
    def _answer(one):
        with one:
            while content := one.recv(4096):
                one.sendall(content)
