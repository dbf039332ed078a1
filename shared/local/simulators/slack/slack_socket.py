"""The simulated Slack's socket mode: addresses that are good once, connections, envelopes and who acknowledged them."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

Json = dict[str, Any]
MAX_CONNECTIONS = 10
TICKET_S, ACKNOWLEDGE_S = 30.0, 3.0
MAX_DELIVERIES = 3


class Sockets:
    """The connections of one app. Nothing of them outlives the process, as with the real one."""

    def __init__(self, now: Callable[[], float], acknowledge_s: float = ACKNOWLEDGE_S) -> None:
        self.acknowledge_s = acknowledge_s
        self.deliveries: list[Json] = []  # each with its envelope, and whether it was acknowledged in time
        self._now = now
        self._server: Server | None = None
        self._tickets: dict[str, float] = {}
        self._open: list[ServerConnection] = []
        self._waiting: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def open_address(self) -> str:
        """Return an address for one connection, good for half a minute."""
        with self._lock:
            if self._server is None:
                self._server = serve(self._talk, "127.0.0.1", 0, process_request=self._admit)
                threading.Thread(target=self._server.serve_forever, name="sim-slack-socket", daemon=True).start()
            ticket = secrets.token_urlsafe(16)
            self._tickets[ticket] = self._now() + TICKET_S
            port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id=A0SIM"

    @property
    def count(self) -> int:
        """Return how many connections there are."""
        with self._lock:
            return len(self._open)

    def stop(self) -> None:
        """End all of them, and take no more."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()

    def deliver(self, payload: Json, kind: str = "interactive") -> Json:
        """Hand an interaction over until it is acknowledged in time, to one connection after the other."""
        envelope: Json = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "accepts_response_payload": kind == "slash_commands",
        }
        text = json.dumps({**envelope, "payload": payload})
        for number in range(MAX_DELIVERIES):
            with self._lock:
                if not self._open:
                    break
                connection = self._open[number % len(self._open)]
                acknowledged = self._waiting[envelope["envelope_id"]] = threading.Event()
            with suppress(ConnectionClosed):
                connection.send(text)
            in_time = acknowledged.wait(self.acknowledge_s)
            self.deliveries.append({"envelope": envelope["envelope_id"], "in_time": in_time})
            if in_time:
                return {"status": 200, "envelope": envelope["envelope_id"], "deliveries": number + 1}
        return {"status": 0, "envelope": envelope["envelope_id"], "error": "nobody has acknowledged it in time"}

    def disconnect(self, reason: str, after_s: float = 0.0) -> None:
        """Say that the connections of now end, and end them after that time."""
        with self._lock:
            now_open = list(self._open)
        for connection in now_open:
            with suppress(ConnectionClosed):
                connection.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sim"}}))

        def end() -> None:
            time.sleep(after_s)
            for connection in now_open:
                connection.close()

        threading.Thread(target=end, name="sim-slack-end", daemon=True).start()

    def drop(self) -> None:
        """Cut the connections of now without a word."""
        with self._lock:
            now_open = list(self._open)
        for connection in now_open:
            with suppress(OSError):
                connection.socket.shutdown(SHUT_RDWR)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a ticket that is unknown, old or used."""
        ticket = parse_qs(urlsplit(request.path).query).get("ticket", [""])[0]
        with self._lock:
            until = self._tickets.pop(ticket, 0.0)
        if until < self._now():
            return Response(HTTPStatus.FORBIDDEN.value, "Forbidden", Headers(), b"invalid ticket")
        return None

    def _talk(self, connection: ServerConnection) -> None:
        with self._lock:
            room = len(self._open) < MAX_CONNECTIONS
            if room:
                self._open.append(connection)
            count = len(self._open)
        try:
            if not room:
                connection.send(json.dumps({"type": "disconnect", "reason": "too_many_websockets"}))
                return
            connection.send(json.dumps(_hello(count)))
            for text in connection:
                self._acknowledge(text)
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                if connection in self._open:
                    self._open.remove(connection)

    def _acknowledge(self, text: str | bytes) -> None:
        with suppress(ValueError):
            acknowledgement = json.loads(text)
            waiting = (
                self._waiting.get(acknowledgement.get("envelope_id", "")) if isinstance(acknowledgement, dict) else None
            )
            if waiting is not None:
                waiting.set()


def _hello(count: int) -> Json:
    debug = {"host": "sim", "build_number": 1, "approximate_connection_time": 18_060}
    return {"type": "hello", "num_connections": count, "debug_info": debug, "connection_info": {"app_id": "A0SIM"}}
