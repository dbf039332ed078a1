"""How a program that runs until it is told to stop is told: by SIGTERM, or by Ctrl-C."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _ToldToEnd(BaseException):
    """Ends what is being begun, like KeyboardInterrupt: nobody may take it for an error and go on."""


@contextmanager
def ends_when_told() -> Iterator[None]:
    """Break off what is inside when a signal says so, and count that as a good end."""

    def end(*_: Any) -> None:
        raise _ToldToEnd

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    except _ToldToEnd:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_as_by_ctrl_c() -> None:
    """Let SIGTERM break off what Ctrl-C would, so that it is cleared away in the same manner."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def stay_undisturbed() -> None:
    """Let signals change nothing any more, because the end has begun and has to be finished."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)


class StopSignal:
    """The signal to stop: from its making on a signal breaks nothing off any more, and is found here."""

    def __init__(self) -> None:
        # `put` may come in the middle of anything, also of a `get`, where an Event would wait for its own lock
        self._came: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in _SIGNALS:
            signal.signal(number, lambda number, _: self._came.put(number))

    def wait(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait for it; what is looked after meanwhile is finished, and may end the wait by what it raises."""
        while True:
            try:
                self._came.get(timeout=0.5)
                return
            except queue.Empty:
                meanwhile()
