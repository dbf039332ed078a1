"""Whose a bot, a workspace and an installation of our app are, and how it stands with Notion's webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.core.documents.codec import sparse, unknown

BOTS, WORKSPACES, INSTALLATIONS = "bots", "workspaces", "installations"
HANDSHAKE = ("webhook", "notion")


@dataclass(frozen=True, slots=True)
class Bot:
    """The tenant of a bot of ours in Notion; `retired` is when a newer one took its place."""

    tenant: str
    workspace: str
    retired: datetime | None = sparse(None)
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Workspace:
    """The tenants in a workspace of Notion, each with its bot."""

    tenants: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Installation:
    """The tenants that have connected an installation of our app."""

    tenants: tuple[str, ...] = ()
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Handshake:
    """When a token came, until when another one may, and until when the one before it is good."""

    armed_until: datetime | None = sparse(None)
    before_until: datetime | None = sparse(None)
    verified: datetime | None = sparse(None)
    more: Mapping[str, Any] = unknown()
