"""Slack's socket mode: what people click comes over a connection that we open, so nobody has to reach us.

A connection lasts some hours. Slack says beforehand that it is about to end, so the next one stands before the last one
goes. Whatever is not acknowledged within three seconds is shown to the person as failed, and may come again.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from shared.core.backoff import Waits, backoff
from shared.core.errors import AgentError, IntegrationError, Rejected, Unauthorized, Unavailable, run_guarded
from shared.core.retries import ENDLESS, Retry

SOCKET = Retry(
    "transport",
    "the connection that Slack sends clicks through",
    "shared/integrations/slack/socket.py",
    ENDLESS,
    Waits(timedelta(seconds=1), timedelta(minutes=5)),
    "it goes on; why clicks do not come in stands in the log",
)
LONGEST_WAIT_S = SOCKET.waits.cap.total_seconds()
_OPEN_S, _CLOSE_S = 10.0, 1.0  # Slack ends the WebSocket, and leaves the connection below it open
_LEFT_OPEN_S = 15.0  # for what is still on its way on a connection that is about to end
_MAX_BYTES = 4 * 1024 * 1024
_REMEMBERED = 1000  # envelopes
_AT_ONCE = 4
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TAKEN = frozenset({"interactive", "slash_commands", "events_api"})
_GOES_ON = frozenset({"warning", "refresh_requested"})
_HOPELESS: Mapping[str, str] = {
    "link_disabled": "socket mode is switched off in the settings of the app",
    "too_many_websockets": "the app has as many connections as Slack allows",
}

Take = Callable[[Mapping[str, Any]], Callable[[], None]]
"""Carries out, durably, what a payload asks for; returns what may follow once Slack knows that it has arrived."""


class SlackSocket:
    """Keeps a connection to Slack in a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        find_address: Callable[[], str],
        take: Take,
        tell: Callable[[str], None],
        *,
        waits: Waits = SOCKET.waits,
    ) -> None:
        """Know who gives an address to connect to, who takes what was clicked, and who hears of trouble."""
        self._find_address = find_address
        self._take = take
        self._tell = tell
        self._waits = waits
        self._ending = threading.Event()
        self._connected = threading.Event()
        self._lock = threading.Lock()
        self._done: OrderedDict[str, None] = OrderedDict()
        self._open: set[ClientConnection] = set()
        self._hands = ThreadPoolExecutor(_AT_ONCE, "slack-click")
        self._thread = threading.Thread(target=self._run, name="slack-socket", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wait_until_connected(self, seconds: float) -> bool:
        """Say whether clicks come in, or have begun to in that time: Slack says hello once it hands them over."""
        return self._connected.wait(seconds)

    def stop(self) -> None:
        """Take nothing new, finish what was begun, and end the connections."""
        self._ending.set()
        self._hands.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            self._close(connection)
        self._thread.join(_OPEN_S + _CLOSE_S)

    def _run(self) -> None:
        refused = 0
        last: ClientConnection | None = None
        while not self._ending.is_set():
            try:
                connection = self._connect()
            except AgentError as error:
                self._tell(f"Clicks in Slack do not come in: {error}")
                refused += 1
                self._ending.wait(_wait_after(error, backoff(refused, self._waits).total_seconds()))
                continue
            self._let_end(last)
            reason = self._listen(connection)
            self._connected.clear()
            refused, last = 0, connection if reason in _GOES_ON else None
            if last is None:
                self._close(connection)
                if reason in _HOPELESS:
                    self._tell(f"Clicks in Slack do not come in: {_HOPELESS[reason]}")
                self._ending.wait(LONGEST_WAIT_S if reason in _HOPELESS else backoff(1, self._waits).total_seconds())

    def _connect(self) -> ClientConnection:
        """Return a new connection. Its address is a secret, and good for half a minute; it is never told."""
        address = self._find_address()
        parts = urlsplit(address)
        if parts.scheme != "wss" and (parts.scheme, parts.hostname in _LOOPBACK) != ("ws", True):
            raise Rejected("slack", "the address for the socket is not encrypted")
        try:
            connection = connect(
                address,
                proxy=None,  # a proxy of the environment is not ours to use
                open_timeout=_OPEN_S,
                close_timeout=_CLOSE_S,
                max_size=_MAX_BYTES,
                legacy=True,  # it is not left where it was opened: the next one stands before it ends
            )
        except (InvalidHandshake, InvalidURI, OSError) as error:
            raise Unavailable("slack", f"the socket could not be opened ({type(error).__name__})") from None
        with self._lock:
            self._open.add(connection)
        return connection

    def _listen(self, connection: ClientConnection, *, to_the_end: bool = False) -> str:
        """Take what comes until the connection is over, or about to be; return why Slack ends it, "" if unsaid."""
        while not self._ending.is_set():
            try:
                message = _read(connection.recv())
            except ConnectionClosed:
                return ""
            if message.get("type") == "hello" and not to_the_end:
                self._connected.set()
            if message.get("type") == "disconnect" and not to_the_end:
                return str(message.get("reason") or "warning")
            if isinstance(message.get("envelope_id"), str):
                with suppress(RuntimeError):  # the end has begun meanwhile: Slack hands it over again
                    self._hands.submit(self._handle, connection, message)
        return ""

    def _let_end(self, last: ClientConnection | None) -> None:
        """Leave the connection before this one open for what is still on its way there."""
        if last is None:
            return

        def end() -> None:
            clock = threading.Timer(_LEFT_OPEN_S, last.close)
            clock.start()
            self._listen(last, to_the_end=True)
            clock.cancel()
            self._close(last)

        threading.Thread(target=end, name="slack-socket-last", daemon=True).start()

    def _close(self, connection: ClientConnection) -> None:
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def _handle(self, connection: ClientConnection, message: Mapping[str, Any]) -> None:
        """Carry it out, then acknowledge it: who dies in between gets it again, and the first decision stands."""
        envelope = str(message["envelope_id"])
        after: Callable[[], None] | None = None
        payload = message.get("payload")
        if envelope not in self._done and message.get("type") in _TAKEN and isinstance(payload, dict) and payload:
            after = run_guarded(lambda: self._take(payload), self._tell_not_taken)
            if after is None:  # it is not acknowledged, and the others go on
                return
        self._note(envelope)
        with suppress(ConnectionClosed):  # then it comes again, and is known
            connection.send(json.dumps({"envelope_id": envelope}))
        if after is not None:
            after()

    def _tell_not_taken(self, error: Exception) -> None:
        self._tell(f"A click in Slack was not taken: {type(error).__name__}")

    def _note(self, envelope: str) -> None:
        with self._lock:
            self._done[envelope] = None
            while len(self._done) > _REMEMBERED:
                self._done.popitem(last=False)


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _wait_after(error: AgentError, wait: float) -> float:
    """Return how long to wait after a refusal; only a person can end one of a token or of the app's settings."""
    if isinstance(error, Unauthorized | Rejected):
        return LONGEST_WAIT_S
    retry_after = error.retry_after if isinstance(error, IntegrationError) else None
    return max(wait, retry_after.total_seconds()) if retry_after else wait
