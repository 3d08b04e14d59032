# SPDX-License-Identifier: Apache-2.0
"""What a browser does, over one verified TLS connection each: calls, events, consoles."""
import base64
import http.client
import json
import os
import socket
import ssl
import struct

NAME = "gate.example.org"
PATIENCE = 20


class Client:
    """Somebody at an address of his own, who goes to gate.example.org at a port of this host."""

    def __init__(self, port, authority, source="127.0.0.2", public_port=None):
        self.port = port
        self._host = f"{NAME}:{public_port or port}"
        self.origin = f"https://{self._host}"
        self.source = source
        self.cookie = None
        self._trust = ssl.create_default_context(cafile=str(authority))

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE, source_address=(self.source, 0))
        try:
            return self._trust.wrap_socket(plain, server_hostname=NAME)
        except OSError:
            plain.close()
            raise

    def headers(self, **more):
        headers = {"Host": self._host, "Origin": self.origin}
        if self.cookie:
            headers["Cookie"] = self.cookie
        return {**headers, **more}

    def request(self, method, path, body=None, **headers):
        """The answer, read to its end, as `.status`, `.headers` and `.body`."""
        connection = http.client.HTTPConnection(NAME, self.port)
        connection.sock = self.connect()
        try:
            try:
                connection.request(method, path, body, self.headers(**headers))
            except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
                # Whoever refuses a long body need not read it; the answer is there all the same.
                pass
            answer = connection.getresponse()
            answer.body = answer.read()
            return answer
        finally:
            connection.close()

    def post(self, method, padding=0, headers=None, **parameters):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self.request("POST", "/api", body + " " * padding, **headers)

    def call(self, method, **parameters):
        answer = self.post(method, **parameters)
        reply = json.loads(answer.body)
        if "error" in reply:
            raise AssertionError(f"{method}: {answer.status} {reply['error']['message']}")
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return reply["result"]

    def events(self):
        return Events(self.connect(), self.headers())

    def console(self, machine):
        # The lock of the test before may not be free yet.
        opened = self.call("console.open", machine=machine, type="text", takeover=True)
        return Console(self.connect(), opened["path"], opened["ticket"], self.headers())


class Events:
    """The event stream; `next` gives a topic and its data."""

    def __init__(self, connection, headers):
        self._connection = http.client.HTTPConnection(NAME)
        self._connection.sock = connection
        self._connection.request("GET", "/api/events", headers=headers)
        self.answer = self._connection.getresponse()
        if self.answer.status != 200:
            raise AssertionError(f"/api/events: {self.answer.status}")

    def next(self, topic):
        seen = None
        while True:
            line = self.answer.readline(65_536).decode().rstrip("\n")
            if not line and self.answer.isclosed():
                raise AssertionError(f"the event stream ended before an event {topic}")
            if line.startswith("event: "):
                seen = line[7:]
            elif line.startswith("data: ") and seen == topic:
                return json.loads(line[6:])

    def close(self):
        self.answer.close()
        self._connection.close()


class Console:
    """A console's WebSocket (RFC 6455): bytes in and out, pings answered."""

    def __init__(self, connection, path, ticket, headers):
        self._connection = connection
        self._stream = connection.makefile("rb")
        self._bytes = b""
        self.pings = 0
        lines = {
            **headers, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Protocol": f"binary, ticket.{ticket}",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        status = self._stream.readline().decode().strip()
        while self._stream.readline() not in (b"\r\n", b""):
            pass
        if " 101 " not in status + " ":
            raise AssertionError(f"no upgrade: {status}")

    def send(self, payload, opcode=2):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65_536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        key = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
        self._connection.sendall(head + mask + masked)

    def read(self, count):
        while len(self._bytes) < count:
            self._bytes += self._frame()
        taken, self._bytes = self._bytes[:count], self._bytes[count:]
        return taken

    def _frame(self):
        """The bytes of the next data frame; what controls the connection is dealt with."""
        while True:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._exactly(8))
            payload = self._exactly(length)
            opcode = first & 0x0F
            if opcode == 9:
                self.pings += 1
                self.send(payload, 10)
            elif opcode == 8:
                code = struct.unpack("!H", payload[:2])[0] if payload else None
                raise AssertionError(f"the console was closed: {code} {payload[2:].decode(errors='replace')}")
            elif opcode in (0, 2):
                return payload

    def wait_quietly(self, seconds):
        """Does nothing but answer pings for that long."""
        self._connection.settimeout(1)
        for _ in range(int(seconds)):
            try:
                first, second = self._connection.recv(2)
            except TimeoutError:
                continue
            if first & 0x0F != 9:
                raise AssertionError(f"opcode {first & 0x0F} on a quiet console")
            self.pings += 1
            self.send(self._connection.recv(second & 0x7F) if second & 0x7F else b"", 10)
        self._connection.settimeout(PATIENCE)

    def _exactly(self, count):
        found = self._stream.read(count)
        if len(found) != count:
            raise AssertionError("the console's connection ended")
        return found

    def close(self):
        try:
            self.send(struct.pack("!H", 1000), 8)
        except OSError:
            pass
        self._stream.close()
        self._connection.close()
