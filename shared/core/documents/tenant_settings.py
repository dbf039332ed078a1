"""What a team, or with SYSTEM the operator, has set and switched.

What is read one by one is named here; the rest (databases, what ships where, models) is in `more`, for those who read
it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import from_body, sparse, unknown

PLACE = ("settings", "tenant")  # the kind, and the id


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """All of it may be missing: then what is usual applies."""

    people: tuple[Mapping[str, Any], ...] = sparse(())  # who is told, and may decide
    budget: Mapping[str, Any] | None = sparse(None)
    automated_runs_per_hour: int | None = sparse(None)  # of one page
    api_per_minute: int | None = sparse(None)  # of each key
    origins: tuple[str, ...] = sparse(())  # of frontends whose pages may call with a key of the team
    planning_time: str | None = sparse(None)
    time_zone: str | None = sparse(None)
    day_hours: float | None = sparse(None)
    retention: Mapping[str, Any] | None = sparse(None)
    sync: Mapping[str, Any] | None = sparse(None)
    changed: Mapping[str, Mapping[str, str]] | None = sparse(None)  # who changed each section last: name, actor, at
    confined_to: str | None = sparse(None)  # the page outside of which nothing is written; "" says: none, for good
    rehearses: bool = sparse(False)  # of the operator's alone
    autonomy: Mapping[str, Any] | None = sparse(None)  # the policy; see core/approval/autonomy.py
    paused: str | bool = sparse(False)  # a text says why
    paused_by: str = sparse("")
    paused_at: str = sparse("")
    paused_on: Mapping[str, str] | None = sparse(None)  # the page of Notion on which work was paused
    stood: tuple[Mapping[str, str], ...] = sparse(())  # the pauses that are over
    more: Mapping[str, Any] = unknown()

    @property
    def why_paused(self) -> str:
        """Return why nothing is done, "" while something is."""
        return self.paused if isinstance(self.paused, str) else "paused" if self.paused else ""

    @property
    def pause_page(self) -> str:
        """Return the page of Notion on which work was paused; "" for none."""
        return str((self.paused_on or {}).get("page") or "")

    @property
    def pause_title(self) -> str:
        return str((self.paused_on or {}).get("title") or "")


def settings_in(body: Mapping[str, Any] | None) -> TenantSettings:
    """Return the settings that a body holds; those of a team that has set nothing, where there is none."""
    return from_body(TenantSettings, body or {})
