"""The one way out of the installing room: a proxy at a Unix socket that reaches package registries and nothing else.

It stands outside of the room, in the process of the supervisor. It takes `CONNECT host:port` for TLS, whose first
message must name the same host, and GET or HEAD for plain HTTP, one request per connection, with headers of which
only harmless ones go on. Everything else is refused and reported.

What remains: within TLS it cannot see what is asked, so that a registry could be written to by who holds its
password; none is in the room, and what goes up is bounded. What could be told that way is the lock file.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Collection, Iterator
from types import TracebackType
from urllib.parse import urlsplit

from shared.backends.sandbox.packages.server_name import server_name

_PLACES = ("/var/tmp", "/dev/shm", "/run")  # not /tmp: the launcher covers it for itself
_HEAD_BYTES = 16 * 1024
_CONNECTIONS = 64
_WAIT_S = 30.0
_UP_BYTES, _DOWN_BYTES = 8 << 20, 2 << 30  # of all connections together
_KEPT_HEADERS = frozenset({"accept", "accept-encoding", "user-agent", "if-none-match", "if-modified-since", "range"})
_REPORTED = 20


class RegistryProxy:
    """Answers while it is entered. `path` is the socket; `refused` is what was asked for and not given."""

    def __init__(self, allowed: Collection[tuple[str, int]]) -> None:
        self.allowed = frozenset(allowed)
        self.refused: list[str] = []
        self.path = ""
        self._folder = ""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_CONNECTIONS)
        self._left = {"up": _UP_BYTES, "down": _DOWN_BYTES}

    def __enter__(self) -> RegistryProxy:
        place = next(name for name in (*_PLACES, ".") if os.access(name, os.W_OK | os.X_OK))
        self._folder = tempfile.mkdtemp(prefix="registry-", dir=place)
        os.chmod(self._folder, 0o711)  # the launcher is another user; the name within cannot be guessed
        self.path = os.path.join(os.path.abspath(self._folder), os.urandom(12).hex())
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        os.chmod(self.path, 0o666)
        self._listener.listen(_CONNECTIONS)
        threading.Thread(target=self._accept, name="registry-proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            ends = [self._listener, *self._open]
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._slots.acquire(blocking=False):
                client.close()
                self._report("more connections than can be served at once")
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, self._track_socket(client):
                client.settimeout(_WAIT_S)
                self._answer(client)
        except OSError:  # whoever hangs up gets no more
            pass
        finally:
            self._slots.release()

    @contextlib.contextmanager
    def _track_socket(self, end: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(end)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(end)

    def _answer(self, client: socket.socket) -> None:
        head, rest = _read_head(client)
        method, _, remainder = head.partition("\r\n")[0].partition(" ")
        target = remainder.rpartition(" ")[0]
        if method == "CONNECT":
            self._tunnel(client, target, rest)
        elif method in ("GET", "HEAD"):
            self._fetch(client, method, target, head)
        else:
            self._refuse(client, f"{method[:20]} {target}")

    def _tunnel(self, client: socket.socket, target: str, rest: bytes) -> None:
        host, _, port = target.rpartition(":")
        place = (host.lower(), int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0)
        if place not in self.allowed or rest:
            self._refuse(client, target)
            return
        with socket.create_connection(place, _WAIT_S) as server, self._track_socket(server):
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            hello, named = server_name(client)
            if named != place[0] and not (named == "" and _is_number(host)):  # a number is nothing to ask for by name
                self._report(f"{target}, to speak there with {named or 'nobody by name'}")
                return
            server.sendall(hello)
            self._relay(client, server)

    def _fetch(self, client: socket.socket, method: str, target: str, head: str) -> None:
        try:
            parts = urlsplit(target)
            place = ((parts.hostname or "").lower(), parts.port or 80)
        except ValueError:
            parts, place = urlsplit(""), ("", 0)
        if parts.scheme != "http" or place not in self.allowed or not re.fullmatch(r"[!-~]+", target):
            self._refuse(client, target)
            return
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {place[0]}:{place[1]}", "Connection: close"]
        headers = [line for line in head.split("\r\n")[1:] if "\n" not in line and "\r" not in line]
        lines += [line for line in headers if line.partition(":")[0].lower() in _KEPT_HEADERS]
        with socket.create_connection(place, _WAIT_S) as server, self._track_socket(server):
            server.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
            server.settimeout(_WAIT_S)
            while (data := server.recv(65536)) and self._may_pass("down", len(data)):
                client.sendall(data)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Pass bytes both ways until one side ends, is silent for long, or has had more than enough."""
        ways = {client: (server, "up"), server: (client, "down")}
        with selectors.DefaultSelector() as ready:
            for end in ways:
                end.settimeout(_WAIT_S)
                ready.register(end, selectors.EVENT_READ)
            while found := ready.select(_WAIT_S):
                for key, _ in found:
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    other, way = ways[source]
                    data = source.recv(65536)
                    if not data or not self._may_pass(way, len(data)):
                        return
                    other.sendall(data)

    def _may_pass(self, way: str, count: int) -> bool:
        with self._lock:
            self._left[way] -= count
            enough = self._left[way] >= 0
        if not enough:
            self._report(f"more than {_UP_BYTES if way == 'up' else _DOWN_BYTES} bytes {way}")
        return enough

    def _refuse(self, client: socket.socket, what: str) -> None:
        self._report(what)
        body = b"only package registries can be reached from here\n"
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def _report(self, what: str) -> None:
        text = re.sub(r"[^!-~ ]", "?", what)[:200]
        with self._lock:
            if text not in self.refused and len(self.refused) < _REPORTED:
                self.refused.append(text)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _read_head(client: socket.socket) -> tuple[str, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(4096)
        if not more or len(data) > _HEAD_BYTES:
            raise OSError("no request")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest
