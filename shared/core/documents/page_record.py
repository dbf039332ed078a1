"""What we remember of a page of Notion and its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

KIND = "pages"
LINKS = "retries"  # documents, by the run that retries another


@dataclass(frozen=True, slots=True)
class Answered:
    """What people answered us: the id of the answer, and its text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class PageRecord:
    """A page's latest run, how many there were, and whether people have seen its end."""

    run: str = ""
    generation: int = 0
    settled: bool = True
    automated: tuple[str, ...] = sparse(())  # when runs were asked for by others than people, lately
    answers: tuple[Answered, ...] = sparse(())  # in runs before its latest
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class RetryLink:
    """The run that a run retries; those of before it was kept began from the start."""

    run: str
    from_start: bool | None = sparse(None)
    more: Mapping[str, Any] = unknown()
