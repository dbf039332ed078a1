"""A tenant's permission on one system, with its tokens sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

KIND = "grants"
CONNECTED, REVOKED = "connected", "revoked"


@dataclass(frozen=True, slots=True)
class Grant:
    """Whether it holds, what was sealed, and what may be seen beside that."""

    status: str = ""
    access: Mapping[str, Any] | None = sparse(None)  # sealed, as the next one is
    refresh: Mapping[str, Any] | None = sparse(None)
    public: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""  # when its tokens were stored last
    since: str = sparse("")  # when a person gave it
    told: bool = sparse(False)  # its people heard that it was lost
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    @property
    def connected(self) -> bool:
        """Say whether it still holds, as far as we know."""
        return self.status == CONNECTED

    @property
    def given(self) -> str:
        """Return when a person gave it; before that was kept, when its tokens were."""
        return self.since or self.at

    @property
    def bot(self) -> str:
        """Return the bot in whose name we act, "" where the system names none."""
        return str(self.public.get("bot_id") or "")

    @property
    def workspace(self) -> str:
        """Return the workspace it is for, "" where the system names none."""
        return str(self.public.get("workspace_id") or "")

    @property
    def installation(self) -> int:
        """Return the installation of our app that it stands for, 0 for a token."""
        return int(self.public.get("installation") or 0)

    @property
    def host(self) -> str:
        """Return the self-managed host it is for, "" for the vendor's own."""
        return str(self.public.get("host") or "")
