"""Whose an entry among the settings' people is: who is told, as earlier versions and set-ups list them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from shared.core.errors import MalformedRequest
from shared.core.people.identities import mail_identity
from shared.core.people.members import person_id

MEMBER = "member"  # the field that keeps whose an entry is, once somebody has left
IN_A_SYSTEM = "_user"  # how the fields end that say who somebody is in a system
_A_PERSON = "p-"  # how the ids of persons begin

Entry = Mapping[str, Any]


def list_identities(entry: Entry) -> tuple[str, ...]:
    """Return the identities that an entry names: its accounts in systems, and its mail address."""
    inside = [(str(name), str(value)) for name, value in entry.items() if str(name).endswith(IN_A_SYSTEM) and value]
    found = [f"{name.removesuffix(IN_A_SYSTEM)}:{value}" for name, value in inside]
    with suppress(MalformedRequest):  # what is no address is nobody's
        found += [mail_identity(str(entry["email"]))] if entry.get("email") else []
    return tuple(found)


def list_ids(entry: Entry) -> list[str]:
    """Return the ids that somebody who is listed has as a person and as a member."""
    own = [str(entry[name]) for name in ("id", MEMBER) if entry.get(name)]
    return [*own, *(person_id(each) for each in list_identities(entry))]


def find_tie(entry: Entry) -> str:
    """Return the id of the member that an entry is known to be about, whether they are still there or not; "" if none.

    Whom the settings list by their account in a system that members sign in with is one as well.
    """
    tied = str(entry.get(MEMBER) or "")
    own = str(entry.get("id") or "")
    return tied or (own if own.startswith(_A_PERSON) else "")


def tie_to_member(entry: Entry, person: str, identities: Collection[str]) -> Entry:
    """Return the entry, which says whose it is where it is this person's, who is known by these identities."""
    is_theirs = person in list_ids(entry) or any(each in identities for each in list_identities(entry))
    return {**entry, MEMBER: person} if is_theirs and find_tie(entry) != person else entry
