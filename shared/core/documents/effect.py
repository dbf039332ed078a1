"""What is remembered of writes in other systems: that one was intended, what came of it, and whose a thing is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

EFFECTS, CLAIMS = "effects", "claims"
INTENDED, REFUSED, CONFIRMED = "intended", "refused", "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One write: `args` is a hash of what it was called with, `result` what is known to have come of it."""

    state: str
    args: str = ""
    at: datetime
    result: Mapping[str, Any] | None = sparse(None)
    name: str = ""
    id: str = beside("")
    more: Mapping[str, Any] = unknown()

    @property
    def is_confirmed(self) -> bool:
        """Say whether it is known to have happened."""
        return self.state == CONFIRMED

    @property
    def is_intended(self) -> bool:
        """Say whether it was begun, and nobody knows what came of it."""
        return self.state == INTENDED


@dataclass(frozen=True, slots=True)
class Claim:
    """Which scope made a thing; with a `name`, the only one of its sort that a run makes."""

    by: str
    name: str = sparse("")
    more: Mapping[str, Any] = unknown()
