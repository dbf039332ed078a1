"""What was heard of people so far, by the ids of what they said, so that each of it counts once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import beside, turned, unknown

HEARD = "heard"  # comments for a run
TOLD = "told"  # comments on a page that led to a look
CHANGES = "changes"  # what was said about a change of ours


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of another plan; `revision` is that of the plan it was said about."""

    comment: str
    text: str
    by: str
    revision: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The comments of a run that were taken note of, and the wishes among them."""

    ids: frozenset[str] = turned(frozenset(), frozenset, sorted)
    wishes: tuple[Wish, ...] = ()
    version: str = beside("")  # of what is stored
    # Gates behind the plan's that people were asked at, with what it was about.
    asked: frozenset[str] = turned(frozenset(), frozenset, sorted, sparse=True)
    more: Mapping[str, Any] = unknown()

    def list_wishes_before(self, revision: int) -> tuple[Wish, ...]:
        """Return the wishes that the plan of this revision was made with."""
        return tuple(wish for wish in self.wishes if wish.revision < revision)

    def about(self, revision: int) -> Wish | None:
        """Return the last wish about the plan of this revision: there has to be another plan."""
        return next((wish for wish in reversed(self.wishes) if wish.revision == revision), None)


@dataclass(frozen=True, slots=True)
class ToldComments:
    """The comments of a page that led to a look, the latest last."""

    ids: tuple[str, ...] = ()
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class HeardChange:
    """What was heard of a change, and what people were told about it, by their names."""

    run: str
    heard: tuple[str, ...] = ()
    more: Mapping[str, Any] = unknown()
