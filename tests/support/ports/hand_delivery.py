"""The queue's part played by a test: every task late, the newest first, and each to two workers at the same moment."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from shared.backends.local.keys.identity import LocalCallers
from tests.support.rigs.disturbed_house import SOON, Place

Json = dict[str, Any]


class HandDelivery:
    """Delivers a house's tasks over HTTP while the house itself delivers none."""

    def __init__(self, place: Place, url: str, workers: int = 2) -> None:
        self._place = place
        self._url = url
        self._workers = workers
        self._callers = LocalCallers(place.folder / "house")
        self._pool = ThreadPoolExecutor(workers)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hand-delivery")
        self.seen: dict[str, Json] = {}  # in the order they came into the queue
        self.done: set[str] = set()
        self.answers: Counter[int] = Counter()
        self.error: BaseException | None = None

    def __enter__(self) -> HandDelivery:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        self._pool.shutdown()

    def at_rest(self) -> bool:
        """Say whether everything in the queue was delivered; raises what went wrong in the background."""
        if self.error is not None:
            raise self.error
        waiting = {name for (name,) in self._place.rows(f"SELECT id FROM tasks WHERE {SOON}")}
        return waiting <= self.done

    def deliver(self, task: Json) -> list[int]:
        """Deliver one task to all workers at the same moment; return what they answered.

        What comes again because two have met is delivered as often, but one after the other: they would meet for ever.
        """
        at_once = not task["id"].startswith("again-")
        together = threading.Barrier(self._workers if at_once else 1)
        deliver = self._pool.map if at_once else map
        found = list(deliver(lambda _: self._post(task, together), range(self._workers)))
        self.answers.update(found)
        return found

    def _post(self, task: Json, together: threading.Barrier) -> int:
        audience = f"{self._url}/{task['function']}"
        headers = {"Authorization": self._callers.authorization(audience)}
        together.wait(30)
        return requests.post(f"{audience}/t/{task['tenant']}", json=task, headers=headers, timeout=60).status_code

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._round()
                time.sleep(0.02)
        except BaseException as error:
            self.error = error

    def _round(self) -> None:
        """Deliver what is due, the newest first; what nobody could do stays for the next round."""
        now = int(time.time() * 1_000_000)
        due = dict(self._place.rows("SELECT id, body FROM tasks WHERE due <= ?", now))
        self.seen.update({name: json.loads(body) for name, body in due.items() if name not in self.seen})
        for name in [name for name in reversed(self.seen) if name in due and name not in self.done]:
            answers = self.deliver(self.seen[name])
            assert all(answer in (204, 409, 500) for answer in answers), f"{self.seen[name]}: {answers}"
            if 204 in answers:
                self.done.add(name)
