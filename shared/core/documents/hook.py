"""A webhook of a team: what it is for, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import sparse, unknown

KIND = "hooks"  # under a tenant a Hook, under SYSTEM a HookDoor


@dataclass(frozen=True, slots=True)
class Hook:
    """What it is for, as its tenant looks it up."""

    system: str
    repository: str = ""
    at: str = ""
    remote: int | None = sparse(None)  # its number at the forge
    signed: bool | None = sparse(None)  # whether the forge signs what it sends
    by_hand: bool = sparse(False)  # people have to make it there themselves
    refused: str | None = sparse(None)  # why the forge did not let us make it
    removed: bool = sparse(False)  # people have taken it away
    secret: Mapping[str, Any] | None = sparse(None)  # sealed, where the system chooses it
    more: Mapping[str, Any] = unknown()

    @property
    def asked(self) -> bool:
        """Say whether its forge was asked for it, with whatever end."""
        return self.remote is not None or self.by_hand or self.refused is not None or self.removed


@dataclass(frozen=True, slots=True)
class HookDoor:
    """Whose it is and how what it sends is checked, as the door looks it up."""

    tenant: str
    system: str
    signed: bool = True
    secret: Mapping[str, Any] | None = sparse(None)
    more: Mapping[str, Any] = unknown()
