"""A server that keeps its connections, as the vendors' servers do: a client's next call needs no new one.

Werkzeug's own closes each, because it cannot know whether an application has read a request whole. A simulator has: it
reads the body of every request first, and its answers are whole. For other applications `serve.py` reads it.
"""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

_NO_BODY = (204, 304)


class KeptAliveServer(ThreadedWSGIServer):
    """Serves in a thread for each connection, and ends them all when it is shut down."""

    cuts_short = True  # also those on which an answer is on its way

    def __init__(self, host: str, port: int, app: Any, handler: type[KeptAliveHandler] | None = None) -> None:
        self._open: set[socket.socket] = set()
        self._at_work: set[socket.socket] = set()
        self._changing = threading.Lock()
        self.is_over = False
        super().__init__(host, port, app, handler or KeptAliveHandler)

    def note_open(self, connection: socket.socket) -> None:
        """Remember a connection."""
        with self._changing:
            self._open.add(connection)

    def note_closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._changing:
            self._open.discard(connection)

    def note_at_work(self, connection: socket.socket) -> None:
        """Remember that a request has come on a connection."""
        with self._changing:
            self._at_work.add(connection)

    def note_idle(self, connection: socket.socket) -> None:
        """Forget that: it is answered."""
        with self._changing:
            self._at_work.discard(connection)

    def shutdown(self) -> None:
        """Take no more connections, and end those there are: who is shut down answers nobody."""
        with suppress(OSError):  # a system that does not know this lets who waits for a connection look by itself
            self.socket.shutdown(socket.SHUT_RDWR)
        super().shutdown()
        with self._changing:
            self.is_over = True
            for connection in self._open if self.cuts_short else self._open - self._at_work:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class KeptAliveHandler(WSGIRequestHandler):
    """Answers one request after another on its connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a delayed ACK costs 40 ms per kept-alive call otherwise
    server: KeptAliveServer
    environ: dict[str, Any] = {}  # noqa: RUF012 - Werkzeug hands it to who is told that a client has gone

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return what the header Date says: a simulator's own time, which tests can move."""
        now = getattr(self.server.app, "now", None)
        return super().date_time_string(now().timestamp() if timestamp is None and now is not None else timestamp)

    def setup(self) -> None:
        """Begin with a connection."""
        super().setup()
        self.server.note_open(self.connection)

    def finish(self) -> None:
        """End with it."""
        self.server.note_closed(self.connection)
        super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent: the journal is the log."""

    def run_wsgi(self) -> None:
        """Answer one request, which the application reads whole."""
        self.server.note_at_work(self.connection)
        try:
            self._run()
        finally:
            self.server.note_idle(self.connection)
            self.close_connection = self.close_connection or self.server.is_over

    def _run(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        try:
            status, headers, body = self._answer(environ)
            self._send(status, headers, body)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _answer(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        try:
            return self._ask_app(environ)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # of the application's own: who asked gets an answer, and the log says why
            traceback.print_exc(file=sys.stderr)
            self.close_connection = True
            return "500 Internal Server Error", [("Content-Type", "text/plain")], b"the server failed"

    def _ask_app(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun[:] = [status, headers]
            return lambda data: None

        parts: Iterable[bytes] = self.server.app(environ, start_response)
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        return begun[0], begun[1], body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        number, _, words = status.partition(" ")
        code, names = int(number), {name.lower() for name, _ in headers}
        self.send_response(code, words)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in names and code >= 200 and code not in _NO_BODY:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection and "connection" not in names:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
