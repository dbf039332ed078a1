"""What a checker's answer comes to: its verdict, as far as its own findings bear it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OK, MEND, STOP = "ok", "mend", "stop"
_LET_PASS = "low"  # the severity that stands beside ok


def verdict_of(answer: Mapping[str, Any]) -> str:
    """Return `ok`, `mend` or `stop`. An ok beside findings above low is a mend: what was found counts, not the word."""
    verdict = str(answer.get("verdict"))
    found = [each for each in answer.get("findings") or () if isinstance(each, Mapping)]
    if verdict == OK and any(each.get("severity", _LET_PASS) != _LET_PASS for each in found):
        return MEND
    return verdict
