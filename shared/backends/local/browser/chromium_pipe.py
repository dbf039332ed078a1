"""How Chromium is spoken to: messages over two pipes, so that no port of this machine listens."""

from __future__ import annotations

import json
import os
import selectors
import time
from typing import Any

from shared.core.errors import NoBrowser

Json = dict[str, Any]
_MAX_SAID = 16_000_000  # bytes of one message


class Pipe:
    """Messages to and from the browser, each ended by a zero byte."""

    def __init__(self, out: int, inn: int) -> None:
        self._out, self._in = out, inn
        self._rest = bytearray()
        self._last = 0
        self._ready = selectors.DefaultSelector()
        self._ready.register(inn, selectors.EVENT_READ)

    def send(self, method: str, session: str = "", **params: Any) -> int:
        """Make a call without waiting for its result."""
        self._last += 1
        message: Json = {"id": self._last, "method": method, "params": params}
        raw = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        try:
            while raw:
                raw = raw[os.write(self._out, raw) :]
        except OSError as error:
            raise NoBrowser("Chromium ended while starting") from error
        return self._last

    def receive(self, until: float) -> Json | None:
        """Return the next message; None when none came until then."""
        searched = 0
        while (ends := self._rest.find(b"\0", searched)) < 0:
            searched = len(self._rest)
            if searched > _MAX_SAID:
                raise NoBrowser("a page sends more messages than can be read")
            left = until - time.monotonic()
            if left <= 0 or not self._ready.select(left):
                return None
            part = os.read(self._in, 1 << 16)
            if not part:
                raise NoBrowser("Chromium ended by itself")
            self._rest += part
        message: Json = json.loads(self._rest[:ends])
        del self._rest[: ends + 1]
        return message

    def close(self) -> None:
        """Let go of both ends."""
        self._ready.close()
        os.close(self._out)
        os.close(self._in)
