"""How a program that runs until it is told to stop is told: by SIGTERM, or by Ctrl-C."""

from __future__ import annotations

import signal
import threading
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


def wait_for_the_end(meanwhile: Callable[[], None] = lambda: None) -> None:
    """Wait for a signal; what is looked after meanwhile is finished, and may end the wait by what it raises."""
    ended = threading.Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(0.5):
        meanwhile()
