"""What the tests of a process share until its end: it is dear to start, and the first who asks for it starts it."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

T = TypeVar("T")
_kept = ExitStack()


def keep(part: AbstractContextManager[T]) -> T:
    """Enter it, and leave it when the tests have ended."""
    return _kept.enter_context(part)


def end_what_is_kept() -> None:
    """Leave all that was entered; see tests/conftest.py."""
    _kept.close()
