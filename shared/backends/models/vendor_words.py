"""What vendors say beside their answers: codes of errors, and how long to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.backends.models.turns import part
from shared.core.models.model_facts import Tokens

LONGEST_WAIT = timedelta(days=1)
_CODE_NAMES = ("code", "type", "status", "error_code")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?\Z")


def codes_of(body: Any) -> frozenset[str]:
    """Return every word for programs in an error: its code, type, status and reasons."""
    inner = part(body, "error")
    details = part(inner, "details")
    found = [each.get(name) for each in (inner, details, body) if isinstance(each, Mapping) for name in _CODE_NAMES]
    return frozenset(each for each in found if isinstance(each, str))


def span(seconds: float) -> timedelta:
    """Return a wait that a vendor has told: a day at most, whatever the number."""
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def read_duration(text: str) -> timedelta | None:
    match = _DURATION.match(text)
    if not text or match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, millis = (float(each or 0) for each in match.groups())
    return span(3600 * hours + 60 * minutes + seconds + millis / 1000)


def wait_until(text: str, now: datetime) -> timedelta | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at - now if at.tzinfo is not None else None


def tokens_shown(tokens: Tokens) -> dict[str, int]:
    kinds = {
        "input": tokens.input,
        "cached": tokens.cached,
        "output": tokens.output,
        "thoughts": tokens.thoughts,
    }
    return kinds | ({"written": tokens.written} if tokens.written else {})
