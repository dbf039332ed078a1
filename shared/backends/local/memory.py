"""Memory that a long-lived process of many threads gives back: glibc keeps what each thread once needed.

Elsewhere (musl, macOS) nothing is done. Source: mallopt(3), malloc_trim(3).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import cache

_M_ARENA_MAX = -8
_ARENAS = 2  # Python's lock lets one thread at a time allocate, so that more of them only hold memory back


def share_arenas() -> None:
    """Let all threads allocate from a few arenas; to be called before there are threads."""
    if (mallopt := _load_libc_function("mallopt")) is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Give free memory back to the system; takes milliseconds."""
    if (trim := _load_libc_function("malloc_trim")) is not None:
        trim(0)


@cache
def _load_libc_function(name: str) -> Callable[..., int] | None:
    with suppress(OSError, AttributeError):
        found: Callable[..., int] = getattr(ctypes.CDLL("libc.so.6"), name)
        return found
    return None
