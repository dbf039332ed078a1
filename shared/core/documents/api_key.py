"""A key of the API, without anything that would let somebody use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.people.scopes import ALL_SCOPES

KIND = "api_keys"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do, and until when; `hash` is that of the key itself."""

    role: str
    name: str
    hash: str
    created_at: datetime
    created_by: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    person: str = sparse("")  # whose it is; "" for a program's
    account: str = sparse("")  # the service account whose it is; "" for a person's, and for an installation's
    scopes: tuple[str, ...] = sparse(ALL_SCOPES)  # a key of before there were scopes has all of them
    operator: bool | None = sparse(None)  # whether the operator's command made it; None in one of an earlier version
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    def works_at(self, now: datetime) -> bool:
        """Say whether it may be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
