"""A service account: a program that acts for a team under its own name, with keys of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.people.scopes import ALL_SCOPES

SERVICE_ACCOUNTS = "service-accounts"
MAX_ACCOUNTS = 50


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """What it is called, and the most that its keys may do."""

    name: str
    role: str
    made_at: datetime
    made_by: str = ""
    scopes: tuple[str, ...] = sparse(ALL_SCOPES)
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    @property
    def actor(self) -> str:
        """Return how it is named where it acts: nobody takes it for a person of the same name."""
        return f"{self.name} (service account)"
