"""Webhooks as simulators send them: a thread that looks at what waits, and one POST without redirects and repeats."""

import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from shared.local.simulators._server import Simulator

Json = dict[str, Any]
_KEPT = 200  # deliveries that can be sent again


class _Sessions(threading.local):
    """One for each thread: no proxy of the environment, no cookies from one delivery to the next."""

    def __init__(self) -> None:
        self.mine = requests.Session()
        self.mine.trust_env = False
        self.mine.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))


_SESSIONS = _Sessions()


def post(url: str, raw: bytes, headers: dict[str, str]) -> int:
    """Send a JSON body as it is; return the status of the answer, or 0 where none came."""
    sent = {"Content-Type": "application/json", **headers}
    with suppress(requests.RequestException):
        return _SESSIONS.mine.post(url, data=raw, headers=sent, timeout=10, allow_redirects=False).status_code
    return 0


def is_delivered(status: int) -> bool:
    """Say whether a status, as `post` returns it, means that the delivery arrived."""
    return 0 < status < 400


class Sender(ABC):
    """Sends in the background, turn by turn."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @abstractmethod
    def turn(self) -> float:
        """Send what is due; return the seconds until the next look."""

    def start(self) -> None:
        """Start sending in the background."""
        if self._thread is None:
            self._stopping = False
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after the delivery that is under way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=15)
            self._thread = None

    def wake(self) -> None:
        """Look again at what is due."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(timeout=self.turn())
            self._wake.clear()


class Outbox(Sender):
    """Sends each item of the state's `outbox` once; `sent` keeps the last of them, with their ids."""

    def __init__(self, sim: Simulator, name: str) -> None:
        super().__init__(name)
        self._keeper = sim

    @abstractmethod
    def send(self, item: Json) -> int:
        """Send one item; return the status of the answer, or 0 where none came."""

    def deliver(self) -> int:
        """Deliver all that waits; return how many deliveries were taken."""
        with self._keeper.lock:
            waiting = list(self._keeper.state.get("outbox", ()))
        arrived = self._send_all(waiting)
        if waiting:
            gone = {item["id"] for item in waiting}
            with self._keeper.lock:
                state = self._keeper.state
                state["outbox"] = [each for each in state["outbox"] if each["id"] not in gone]
                state["sent"] = [*state.get("sent", ()), *waiting][-_KEPT:]
                self._keeper.save_now()
        return arrived

    def again(self) -> int:
        """Deliver everything once more; the ids stay the same."""
        with self._keeper.lock:
            sent = list(self._keeper.state.get("sent", ()))
        return self._send_all(sent)

    def _send_all(self, items: list[Json]) -> int:
        return sum(is_delivered(self.send(item)) for item in items)
