"""Who may decide now about what some people were asked: they themselves, or the owners where none of them is left."""

from __future__ import annotations

from collections.abc import Iterable

from shared.core.people.members import OWNER, Members

DECIDING = ("owner", "admin", "member")  # roles


def find_deciders(members: Members, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the persons who may decide now; whoever has left or only looks is none of them."""
    still = tuple(each for each in asked if members.role_of(each) in DECIDING)
    return still or tuple(each for each, member in members.people.items() if member.role == OWNER)
