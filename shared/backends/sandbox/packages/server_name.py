"""Which host a TLS client asks for: the server name of its first message (RFC 8446, 4.1.2; RFC 6066, 3)."""

from __future__ import annotations

import socket

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME = 22, 1, 0
_MAX = 16 * 1024 + 5


def server_name(client: socket.socket) -> tuple[bytes, str]:
    """Read the first TLS record; return its bytes and the name in it, "" where there is none."""
    data = _exactly(client, 5)
    length = int.from_bytes(data[3:5], "big")
    if data[0] != _HANDSHAKE or length > _MAX:
        return data, ""
    data += _exactly(client, length)
    try:
        return data, name_in(data[5:])
    except IndexError:
        return data, ""


def name_in(hello: bytes) -> str:
    """Return the server name of a ClientHello, lower case; "" where it names none. Raises IndexError for a cut one."""
    reader = _Reader(hello)
    if reader.number(1) != _CLIENT_HELLO:
        return ""
    reader.take(3 + 2 + 32)  # length, version, random
    for size in (1, 2, 1):  # session, ciphers, compression
        reader.take(reader.number(size))
    extensions = _Reader(reader.take(reader.number(2)))
    while extensions.left:
        kind = extensions.number(2)
        body = _Reader(extensions.take(extensions.number(2)))
        if kind == _SERVER_NAME:
            body.take(2 + 1)  # length of the list, kind of the name: a host
            return body.take(body.number(2)).decode("ascii", "replace").lower()
    return ""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise IndexError("the message is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise OSError("the client hung up")
        data += more
    return data
