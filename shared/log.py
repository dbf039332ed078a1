"""Structured lines for people and Cloud Logging: who, which run, how it ended. Never contents, never secrets."""

from __future__ import annotations

import json
import sys
from typing import Any, TextIO

_ORDER = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_least = "INFO"


def show_from(severity: str) -> None:
    """Write only lines of this severity or worse; a person watching a terminal does not want all of them."""
    global _least
    _least = severity


def line(severity: str, message: str, *, to: TextIO | None = None, **fields: Any) -> None:
    """Write one JSON line; `message` is short and in the past tense, ids go into fields."""
    if _ORDER.index(severity) < _ORDER.index(_least):
        return
    entry = {"severity": severity, "message": message, **{k: v for k, v in fields.items() if v not in (None, "")}}
    print(json.dumps(entry, ensure_ascii=False, default=str), file=to or sys.stderr, flush=True)
