"""A tenant that is being deleted, and what stays of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import sparse, unknown

ERASURES = "erasures"  # documents under SYSTEM, by tenant: it is being deleted
TOMBSTONES = "tombstones"  # documents under SYSTEM, by tenant: it was deleted


@dataclass(frozen=True, slots=True)
class Erasure:
    """How far a deletion is: its phase, what was deleted, and what people have to end elsewhere by themselves."""

    at: datetime  # when it was asked for
    by: str
    phase: str
    counts: Mapping[str, int] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    ended: tuple[str, ...] | None = sparse(None)  # systems where our access was ended
    tries: int = sparse(0)  # at systems that did not answer
    until: datetime | None = sparse(None)  # it waits
    actor: str = sparse("")  # who `by` is, as the audit names them
    more: Mapping[str, Any] = unknown()

    @property
    def due(self) -> datetime:
        """Return when it may go on."""
        return self.until or self.at

    def count(self, what: str, number: int) -> Erasure:
        """Return it with so many more deleted of something."""
        return replace(self, counts={**self.counts, what: self.counts.get(what, 0) + number})

    def leave(self, *left: str) -> Erasure:
        """Return it with what people have to end by themselves; nothing is said for ""."""
        return replace(self, left=(*self.left, *filter(None, left)))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is kept of a tenant that was deleted: when that was asked for and done, by whom, and how much it was."""

    at: datetime
    by: str
    counts: Mapping[str, int]
    left: tuple[str, ...]
    done: datetime
    more: Mapping[str, Any] = unknown()
