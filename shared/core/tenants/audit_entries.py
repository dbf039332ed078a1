"""An entry of the audit: each says who acted, and where it came from a call, from where and with which key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.core.people.actor import MACHINE, THE_SYSTEM, Acting, Actor, ActorKind, By, read_by


def build_entry(at: datetime, what: str, by: By, about: str = "", **more: Any) -> dict[str, Any]:
    """Return the entry of what somebody did; of whom no more than a name is known, nobody can tell who that is."""
    name, _ = read_by(by)
    subject = {"about": about} if about else {}
    origin = by.origin if isinstance(by, Acting) else {}
    entry = {"at": at.isoformat(), "run": "", "what": what, "by": name, **subject}
    return {**entry, "actor": find_actor(by).ref, **origin, **more}


def find_actor(by: By) -> Actor:
    """Return who acted, as far as anybody can tell."""
    name, actor = read_by(by)
    return actor or (THE_SYSTEM if name == MACHINE else Actor(ActorKind.UNKNOWN, "", name))
