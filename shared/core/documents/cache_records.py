"""What is kept for a while so that it need not be made or asked for again: reads, columns, answers, contexts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, unknown

READS, PARTS = "kept", "kept_parts"
LAST_ANSWERS, CONTEXTS = "last_answers", "contexts"  # by run and step
ROWS = "rows"
ANSWERS = "idempotency"  # of calls to the API


@dataclass(frozen=True, slots=True)
class KeptReads:
    """The lists of parts that attempts at a read have kept."""

    saves: tuple[tuple[str, ...], ...]
    at: datetime
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A piece of what was read."""

    text: str
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """A model's answer that could not be used, as the address of a text, and why."""

    run: str
    step: str
    attempt: int
    answer: str
    problem: str
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class EarlierContext:
    """What is left of what a model was told in an earlier attempt."""

    attempt: int
    tokens: int
    prompt: str


@dataclass(frozen=True, slots=True)
class KeptContext:
    """What a model was told in a step; `prompt` is the address of the text, the parts' sizes are in `more`."""

    run: str
    step: str
    kind: str
    attempt: int
    tokens: int
    prompt: str
    earlier: tuple[EarlierContext, ...] = ()
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class ShownRow:
    """The row that shows a run, and what stands in it."""

    row: str
    shown: Mapping[str, Any]
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A call that named itself, by its fingerprint; `status` is 0 until it was answered.

    The answer is sealed: it may show a key.
    """

    fingerprint: str
    at: datetime
    status: int = 0
    sealed: Mapping[str, Any] | None = None
    id: str = beside("")
    more: Mapping[str, Any] = unknown()
