"""Ports on which the mail server is spoken to: TLS at once, by STARTTLS, or none, on this machine only."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.local.simulators.smtp.session import MAX_AUTH, MAX_COMMAND, MAX_SIZE, Reply, Session

if TYPE_CHECKING:
    from shared.local.simulators.smtp.simulator import SmtpSimulator

KINDS = ("tls", "starttls", "plain")
_PATIENCE_S = 60.0  # RFC 5321 says five minutes; nobody here is that slow
_MAX_DELAY_S = 30.0


class Listener(socketserver.ThreadingTCPServer):
    """Answers clients, each in a thread."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128  # the standard library's 5 resets clients that come in a burst

    def __init__(self, simulator: SmtpSimulator, kind: str, port: int, trust: Callable[[], ssl.SSLContext]) -> None:
        self.simulator = simulator
        self.kind = kind
        self.trust = trust
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Talk)
        self.port = int(self.server_address[1])
        run = {"poll_interval": 0.05}
        threading.Thread(target=self.serve_forever, kwargs=run, name=f"sim-smtp-{kind}", daemon=True).start()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that it can be ended with the server."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Take no more clients, and leave those there are."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up, or that do not trust the certificate."""


class _Talk(socketserver.BaseRequestHandler):
    """One connection."""

    server: Listener

    def handle(self) -> None:
        self.request.settimeout(_PATIENCE_S)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind = self.server.kind
        if kind == "tls":
            self._encrypt()
        self._begin(encrypted=kind == "tls")
        if self._say(self._follow_order("CONNECT", "") or Reply("220 localhost ESMTP (simulated)")):
            self._talk()

    def finish(self) -> None:
        with suppress(OSError):
            self.request.close()

    def _begin(self, *, encrypted: bool) -> None:
        self._lines = self.request.makefile("rb")
        kind = self.server.kind
        self._session = Session(
            self.server.simulator, offers_tls=kind == "starttls", needs_tls=kind == "starttls", encrypted=encrypted
        )

    def _encrypt(self) -> None:
        self.request = self.server.trust().wrap_socket(self.request, server_side=True)

    def _talk(self) -> None:
        reply = Reply("")
        while reply.then != "end":
            line = self._line(MAX_AUTH if reply.then == "login" else MAX_COMMAND)
            if line is None:
                return
            reply = self._answer(line, login=reply.then == "login")
            if not self._say(reply):
                return
            if reply.then == "tls":  # what was sent before the handshake is forgotten with the lines
                self._encrypt()
                self._begin(encrypted=True)
            if reply.then == "data":
                reply = self._take()
                if not self._say(reply):
                    return

    def _line(self, max_bytes: int) -> str | None:
        """Return the next line, "" for one that is none, and None at the end."""
        raw = self._lines.readline(MAX_AUTH + 1)
        if not raw:
            return None
        if not raw.endswith(b"\r\n") or (len(raw) > max_bytes and not raw.upper().startswith(b"AUTH ")):
            return ""
        return str(raw[:-2], "utf-8", "replace")

    def _answer(self, line: str, *, login: bool) -> Reply:
        verb = "AUTH" if login else line.partition(" ")[0].upper()
        fault = self._follow_order(verb, line)
        if fault is not None:
            return fault
        return self._session.go_on(line) if login else self._session.answer(line)

    def _take(self) -> Reply:
        """Read the mail up to its dot; a client that hangs up before has sent none."""
        content, size = [], 0
        while True:
            line = self._lines.readline()
            if not line.endswith(b"\n"):
                return Reply("", "end")
            if line == b".\r\n":
                break
            size += len(line)
            if size <= MAX_SIZE:
                content.append(line[1:] if line.startswith(b".") else line)
        order = self.server.simulator.find_order("END")
        if order is not None and order.get("when") != "after":
            return self._carry_out(order)
        reply = self._session.take_mail(b"".join(content) if size <= MAX_SIZE else None)
        return self._carry_out(order) if order is not None else reply

    def _follow_order(self, verb: str, line: str) -> Reply | None:
        order = self.server.simulator.find_order(verb)
        return None if order is None else self._carry_out(order)

    @staticmethod
    def _carry_out(order: dict[str, Any]) -> Reply:
        """Return what was ordered for this place: a reply, or silence and the end."""
        time.sleep(min(float(order.get("delay_s", 0)), _MAX_DELAY_S))
        if order.get("drop"):
            return Reply("", "end")
        status = int(order["status"])
        return Reply(f"{status} {order.get('text', 'Ordered')}", "end" if status == 421 else "line")

    def _say(self, reply: Reply) -> bool:
        if reply.text:
            self.request.sendall(f"{reply.text}\r\n".encode())
        return reply.then != "end" or bool(reply.text)
