# SPDX-License-Identifier: Apache-2.0
"""Both ends of a measured console: a source that speaks just enough RFB, and a client.

After the handshake the client sends one command: `D` and a length (send me so many bytes), `U` and a
length (swallow so many, then answer), or `E` (answer what I send). A proxy in between sees an RFB stream.
"""
import base64
import os
import socket
import ssl
import struct
import threading

CHUNK = 256 * 1024
_COMMAND = struct.Struct("<cQ")


def serve(port):
    """Serves as a console source for ever."""
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve_one, args=(connection,), daemon=True).start()


def _serve_one(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        connection.sendall(b"RFB 003.008\n")
        _receive(connection, 12)
        connection.sendall(b"\x01\x01")
        _receive(connection, 1)
        connection.sendall(b"\0\0\0\0")
        _receive(connection, 1)
        name = b"bench"
        connection.sendall(struct.pack(">HH16sI", 640, 480, bytes(16), len(name)) + name)
        while True:
            kind, length = _COMMAND.unpack(_receive(connection, _COMMAND.size))
            _obey(connection, kind, length)
    except (OSError, EOFError):
        pass
    finally:
        connection.close()


def _obey(connection, kind, length):
    buffer = bytearray(CHUNK)
    if kind == b"D":
        while length > 0:
            length -= connection.send(memoryview(buffer)[: min(CHUNK, length)])
    elif kind == b"U":
        while length > 0:
            count = connection.recv_into(buffer, min(CHUNK, length))
            if count == 0:
                raise EOFError
            length -= count
        connection.sendall(b"k")
    elif kind == b"E":
        while count := connection.recv_into(buffer):
            connection.sendall(memoryview(buffer)[:count])
        raise EOFError


def _receive(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


class Plain:
    """A connection without a proxy: what the machine could do at best."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _handshake(self)

    def send(self, data):
        self._socket.sendall(data)

    def send_bulk(self, length):
        block = bytes(CHUNK)
        while length > 0:
            length -= self._socket.send(memoryview(block)[: min(CHUNK, length)])

    def receive(self, count):
        return _receive(self._socket, count)

    def receive_bulk(self, length):
        buffer = bytearray(CHUNK)
        while length > 0:
            length -= self._socket.recv_into(buffer, min(CHUNK, length))

    def close(self):
        self._socket.close()


class WebSocketLine:
    """A connection through a WebSocket proxy; frames from the client are masked, as a browser's are."""

    _KEY = b"\x5a\xa5\x3c\xc3"

    def __init__(self, origin, path, protocols, cookie=None):
        scheme, _, place = origin.partition("://")
        host, _, port = place.partition(":")
        line = socket.create_connection((host, int(port)))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if scheme == "https":
            trust = ssl.create_default_context()
            trust.check_hostname = False
            trust.verify_mode = ssl.CERT_NONE
            line = trust.wrap_socket(line, server_hostname=host)
        self._socket = line
        self._left = 0
        self._buffer = b""
        self._upgrade(origin, place, path, protocols, cookie)
        self._block = self._frame(bytes(64 * 1024))
        _handshake(self)

    def _upgrade(self, origin, place, path, protocols, cookie):
        lines = [
            f"GET {path} HTTP/1.1", f"Host: {place}", f"Origin: {origin}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {', '.join(protocols)}",
        ]
        if cookie:
            lines.append(f"Cookie: {cookie}")
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self._socket.recv(4096)
            if not more:
                raise ConnectionError(f"no answer to the upgrade: {answer!r}")
            answer += more
        head, _, self._buffer = answer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0] + b" ":
            raise ConnectionError(f"no upgrade: {head.decode(errors='replace')}")

    def _frame(self, data):
        length = len(data)
        if length < 126:
            head = struct.pack(">BB", 0x82, 0x80 | length)
        elif length < 65536:
            head = struct.pack(">BBH", 0x82, 0x80 | 126, length)
        else:
            head = struct.pack(">BBQ", 0x82, 0x80 | 127, length)
        key = int.from_bytes(self._KEY * (length // 4 + 1), "big") >> 8 * (4 - length % 4)
        masked = (int.from_bytes(data, "big") ^ key).to_bytes(length, "big")
        return head + self._KEY + masked

    def send(self, data):
        self._socket.sendall(self._frame(data))

    def send_bulk(self, length):
        while length >= 64 * 1024:
            self._socket.sendall(self._block)
            length -= 64 * 1024
        if length:
            self.send(bytes(length))

    def receive(self, count):
        data = b""
        while len(data) < count:
            data += self._some(count - len(data))
        return data

    def receive_bulk(self, length):
        while length > 0:
            length -= len(self._some(length))

    def _some(self, most):
        """At least one byte of payload, at most `most`."""
        while self._left == 0:
            self._next_frame()
        if not self._buffer:
            self._buffer = self._more()
        count = min(most, self._left, len(self._buffer))
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        self._left -= count
        return data

    def _next_frame(self):
        self._need(2)
        kind, length = self._buffer[0] & 0x0F, self._buffer[1] & 0x7F
        size = 2
        if length == 126:
            size = 4
            self._need(size)
            (length,) = struct.unpack(">H", self._buffer[2:4])
        elif length == 127:
            size = 10
            self._need(size)
            (length,) = struct.unpack(">Q", self._buffer[2:10])
        self._buffer = self._buffer[size:]
        if kind == 8:
            self._need(length)
            raise ConnectionError(f"closed: {self._buffer[:length]!r}")
        if kind in (9, 10):
            self._need(length)
            self._buffer = self._buffer[length:]
        else:
            self._left = length

    def _need(self, count):
        while len(self._buffer) < count:
            self._buffer += self._more()

    def _more(self):
        more = self._socket.recv(CHUNK)
        if not more:
            raise ConnectionError("closed without a close frame")
        return more

    def close(self):
        self._socket.close()


def _handshake(line):
    """The client's side of RFB 3.8 without authentication, up to the server's name."""
    line.receive(12)
    line.send(b"RFB 003.008\n")
    count = line.receive(1)[0]
    line.receive(count)
    line.send(b"\x01")
    line.receive(4)
    line.send(b"\x01")
    (length,) = struct.unpack(">20xI", line.receive(24))
    line.receive(length)


def download(line, length):
    line.send(_COMMAND.pack(b"D", length))
    line.receive_bulk(length)


def upload(line, length):
    line.send(_COMMAND.pack(b"U", length))
    line.send_bulk(length)
    line.receive(1)


def start_echo(line):
    line.send(_COMMAND.pack(b"E", 0))
